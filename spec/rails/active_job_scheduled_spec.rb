# frozen_string_literal: true

require "spec_helper"
require_relative "support/jobs"

# Owns when jobs that wait are run, and that the way they wait loses none, doubles none over a graceful stop, and ends.
RSpec.describe "Jobs that wait" do
  # What ran, and how long after it was to run.
  let(:type) do
    job { define_method(:perform) { |name, due = nil| Jobs::RAN << [name, due && (Time.now.to_f - due).round(3)] } }
  end

  def wait(name, seconds, kind: type)
    due = Time.now + seconds
    kind.set(wait_until: due).perform_later(name, due.to_f)
  end

  def names
    ran.map(&:first)
  end

  def rerun
    Karafka::App.status.reset!
    Karafka::App.status.initialize!
    serving { yield }
  end

  def tweak(**constants)
    constants.each { |name, value| stub_const("Karafka::Rails::ActiveJob::ScheduledConsumer::#{name}", value) }
  end

  def position
    group = Karafka::App.consumer_groups.first
    Karafka::Native.positions(Karafka::Setup::Librdkafka.consumer(group), [["default.scheduled", 0]], 10).first
  end

  # How many records the topic has got where jobs wait: one for each, and one more for each time it was moved.
  def written
    position.fetch(:high)
  end

  it "runs each at its time, whatever stands before it" do
    jobs_application
    wait("tomorrow", 86_400)
    30.times { |number| wait(number, 0.2 + (number * 17 % 30 * 0.04)) }
    serving { wait_until("all but one") { ran.size == 30 } }
    late = ran.map(&:last)
    expect(late.min).to be >= 0
    expect(late.max).to be < 0.6
    expect(names.sort).to eq((0..29).to_a)
    # Those that were far from each other came in the order of their times.
    expect(names.each_cons(15).all? { |first, *, last| (first * 17 % 30) < (last * 17 % 30) }).to be true
  end

  it "waits in retry_on as long as it says" do
    jobs_application
    type = job do
      retry_on KeyError, wait: 1, attempts: 2
      def perform = (Jobs::RAN << now) && (raise KeyError if executions == 1)
      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
    type.perform_later
    serving { wait_until("the retry") { ran.size == 2 } }
    expect(ran[1] - ran[0]).to be_between(0.99, 1.16 + 0.6)
  end

  it "forwards a job with its key" do
    jobs_application(partitions: 4)
    type.karafka_options key: ->(job) { job.arguments.first }
    wait("k", 0.1)
    serving { wait_until("the job") { ran.any? } }
    Karafka::App.status.reset!
    expect(stored("default", 1).first).to include(key: "k", headers: {})
  end

  it "runs none twice over graceful stops, and forgets none that waits" do
    jobs_application
    wait("last", 5)
    20.times { |number| wait(number, 0.05) }
    serving { wait_until("those before") { ran.size == 20 } }
    # Moved behind the others, so that everything before it is done.
    3.times do |again|
      wait("round #{again}", 0.05)
      rerun { wait_until("the round") { names.include?("round #{again}") } }
    end
    rerun { wait_until("the last one") { names.include?("last") } }
    expect(names.tally.values.uniq).to eq([1])
    expect(names.size).to eq(24)
    expect(ran.last[1]).to be >= 0
  end

  it "moves what waits when much was forwarded behind it" do
    tweak(BEHIND: 5)
    jobs_application
    wait("tomorrow", 86_400)
    12.times { |number| wait(number, 0.2 + (0.01 * number)) }
    serving do
      wait_until("the moved one") { written > 13 }
      wait_until("the others") { ran.size >= 12 }
    end
    expect(names.sort).to eq((0..11).to_a)
    # A few times at most: each time as many are forwarded as are moved.
    expect(written).to be_between(14, 17)
  end

  it "moves what waits when something was forwarded behind it long ago, and what is old" do
    { MOVES_PER_SECOND: 10.0, OLD: 300 }.each do |name, value|
      tweak(name => value)
      jobs_application
      wait("tomorrow", 86_400)
      wait("now", 0.01)
      serving { wait_until("the moved one by #{name}") { written > 2 } }
      reset_application
      @broker = nil
    end
  end

  it "moves nothing without a reason" do
    jobs_application
    5.times { |number| wait(number, 86_400) }
    wait("first", 0.01)
    type.perform_later("now")
    serving { wait_until("the job") { names.sort == %w[first now] } }
    # One was forwarded behind those that wait, so they were moved at the end; then there is nothing more.
    count = written
    2.times { rerun { wait("again", 0) && wait_until("the job") { names.count("again").positive? } && ran.clear } }
    expect([count, written]).to eq([11, 11])
  end

  it "looks at more than memory may hold in turns" do
    stub_const("Karafka::Rails::ActiveJob::Pending::LIMIT", 20)
    tweak(MOVE_SECONDS: 0.1)
    jobs_application { consumer_group(:g) { max_messages(10) && active_job_topic(:default) } }
    100.times { |number| wait(number, 86_400) }
    wait("soon", 0.1)
    serving { wait_until("the one behind all others") { names == ["soon"] } }
  end

  it "forwards at once what says nothing of its time" do
    jobs_application
    Karafka.producer.produce_sync(topic: "default.scheduled", payload: type.new("plain").serialize.to_json)
    Karafka.producer.produce_sync(topic: "default.scheduled", payload: type.new("odd").serialize.to_json,
                                  headers: { "active-job-due" => "soon" })
    serving { wait_until("both") { names.sort == %w[odd plain] } }
  end

  it "tells when Kafka does not take what is forwarded, and tries again" do
    jobs_application
    failed = hear("worker.turn_failed")
    wait("kept", 0)
    2.times { |number| wait(number, 0.05) }
    real = Karafka.producer
    calls = 0
    refusing = Object.new
    refusing.define_singleton_method(:produce_sync) { |**message| real.produce_sync(**message) }
    refusing.define_singleton_method(:produce_many_async) do |messages|
      next real.produce_many_async(messages) if (calls += 1) > 1

      real.produce_many_async(messages.map { |message| message.merge(partition: 99) })
    end
    Karafka.producer = refusing
    serving { wait_until("all") { names.size == 3 } }
    expect(names.sort_by(&:to_s)).to eq([0, 1, "kept"])
    expect(failed.first[:error]).to be_a(Karafka::Errors::KafkaError)
  ensure
    Karafka.producer = nil
  end

  it "marks up to the first that waits, also where the group marks what was handed out" do
    jobs_application
    2.times { |number| wait(number, 0.01) }
    wait("tomorrow", 86_400)
    serving do
      wait_until("the first two") { ran.size == 2 }
      wait_until("their marks") { position[:committed] == 2 }
    end
    expect(position).to include(committed: 2, high: 3)
  end
end
