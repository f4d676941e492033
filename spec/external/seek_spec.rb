# frozen_string_literal: true

require_relative "support/ring"

# Owns the proof that a partition can be moved to an offset, to a time, to its begin and its end. Times are what an
# embedded broker does not know.
RSpec.describe "Seeking" do
  let(:group) { Cluster.unique("group") }
  let(:topic) { create_topic(1) }
  # Record number n, at offset n, is of n seconds later.
  let(:base) { Time.at(1_700_000_000) }

  # A text of Ruby in place of a number is a target; each is sought once.
  let(:script) { <<~RUBY }
    class Seeks < Karafka::BaseController
      SOUGHT = []

      def consume
        puts "\#{params.offset} \#{params.payload}"
        return if params.payload.is_a?(Integer) || SOUGHT.include?(params.offset)

        SOUGHT << params.offset
        puts "sought \#{seek(eval(params.payload))}"
      end
    end

    application do |config|
      config.client_id = ENV.fetch("GROUP")
      config.kafka.session_timeout = 6
    end
    routes { consumer_group(:g) { topic(ENV.fetch("TOPIC")) { controller Seeks } } }
    Karafka.monitor.subscribe("worker.failed") { |event| puts "failed \#{event[:error].full_message}" }
    Karafka.monitor.subscribe("connection.error") { |event| puts "error \#{event[:message]}" }
  RUBY

  let(:process) { karafka_server(script, env: { "TOPIC" => topic, "GROUP" => group }) }

  before do
    numbers = (0...30).map { |number| { topic: topic, payload: number.to_s, timestamp: base + number } }
    producer.produce_many_sync(numbers)
  end

  # What is sent together is fetched together: what stands behind a target would have come next.
  # @return [Integer] offset of the target
  def send_target(target, *behind)
    payloads = [target.to_json, *behind.map(&:to_s)]
    messages = payloads.map { |payload| { topic: topic, payload: payload, timestamp: base + 30 } }
    producer.produce_many_sync(messages).first.offset
  end

  def offsets
    process.lines.grep(/\A\d/).map(&:to_i)
  end

  # Offsets consumed since the target was sought, when those are as many as expected.
  def expect_after(target_at, expected)
    since = -> { offsets.drop(offsets.index(target_at).to_i + 1) }
    process.line(/\A#{target_at} /)
    wait_until("#{expected.size} records after offset #{target_at}: #{process.lines.last(5)}") do
      since.call.size >= expected.size
    end
    expect(since.call).to eq(expected)
  end

  {
    "an offset" => ["17", [*17..30]],
    "a time that a record has" => ["Time.at(1_700_000_012)", [*12..30]],
    "a time between two records" => ["Time.at(1_700_000_019, 500, :millisecond)", [*20..30]],
    "a time before all records" => ["Time.at(0)", [*0..30]],
    "the begin" => [":earliest", [*0..30]]
  }.each do |what, (target, expected)|
    it "goes on from #{what}, and drops what was fetched behind the message at hand" do
      at = send_target(target, 31)
      # The target is consumed a second time, as one record of many, and what was behind it comes after.
      expect_after(at, [*expected, 31])
      stop(process)
      expect(process.lines.grep(/sought|failed|error/)).to eq(["sought true"])
    end
  end

  { "the end" => ":latest", "a time behind all records" => "Time.at(2_000_000_000)" }.each do |what, target|
    it "goes on from #{what}, past what was fetched" do
      at = send_target(target, 31, 32, 33)
      process.line("sought true")
      number = 33
      wait_until("it goes on: #{process.lines.last(5)}") do
        number += 1
        publish(topic, [number])
        offsets.last > at
      end
      process.line(/\A#{number} /)
      since = offsets.drop(offsets.index(at) + 1)
      expect(since).to eq((since.first..number).to_a)
      expect(since.first).to be > 33
      stop(process)
      expect(process.lines.grep(/failed|error/)).to eq([])
    end
  end

  it "is where the next process goes on" do
    at = send_target("25")
    expect_after(at, [*25..30])
    stop(process)
    second = karafka_server(script, env: { "TOPIC" => topic, "GROUP" => group })
    publish(topic, [31])
    second.line("31 31")
    expect(second.lines.grep(/\A\d/)).to eq(["31 31"])
    stop(second)
  end
end
