# frozen_string_literal: true

require "json"
require "net/http"
require "stringio"

# Owns the proof that "why did the group jump back" has its answer: in `/status`, in events and in the log, for each way
# there is, as docs/operations.md says.
RSpec.describe "The offset audit" do
  let(:written) { StringIO.new }
  let(:listening) { hear("http.listening") }
  let(:section) do
    File.read(File.expand_path("../../docs/operations.md", __dir__))[/^## Why did the group.*?(?=^## )/m]
  end
  let(:documented) do
    section[/```text\n(.*?)```/m, 1].lines(chomp: true).map { |line| shape(line) }
  end

  # One topic `t`.
  def route(consumer, partitions: 1, batch: true, beginning: true)
    broker("t" => partitions)
    listening
    setup_application do |config|
      config.http.bind = "127.0.0.1:0"
      config.logger = Logger.new(written, formatter: ->(_, _, _, text) { "#{text}\n" })
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
      config.kafka.offset_commit_interval = 0.05
      yield config if block_given?
    end
    draw do
      topic(:t) do
        controller consumer
        batch_consuming batch
        start_from_beginning beginning
      end
    end
  end

  def publish(count, size: 1, partition: 0)
    Karafka.producer.produce_many_sync([{ topic: "t", payload: "x" * size, partition: partition }] * count)
  end

  # What moved the offset of a partition: kind, reason, from and to of each entry.
  def moves(partition = 0)
    entries(partition).map { |it| it.values_at("kind", "reason", "from", "to") }
  end

  def entries(partition = 0)
    wait_until("the server listens") { listening.any? }
    group = JSON.parse(Net::HTTP.get(URI("http://#{listening.last[:address]}/status")))["groups"].first
    group ? group["moves"].select { |it| it["partition"] == partition } : []
  end

  def until_moved(*move, partition: 0)
    wait_until("#{move} (#{moves(partition)})") { moves(partition).include?(move) }
  end

  def shape(line)
    line.gsub(/\d+/, "1")
  end

  # What was logged of it, which the guide shows.
  def logged(pattern)
    lines = wait_until("a line with #{pattern.inspect} (#{written.string})") do
      written.string.lines(chomp: true).grep(pattern).then { |found| found unless found.empty? }
    end
    expect(documented).to include(shape(lines.last).sub("t t/", "orders orders/"))
    lines.last
  end

  it "tells where a partition was begun, and commits in one entry that grows" do
    route(controller { nil })
    committed = hear("offsets.committed")
    publish(3)
    serving do
      until_moved("committed", "marked", nil, 3)
      publish(2)
      until_moved("committed", "marked", nil, 5)
      expect(moves).to eq([["started", "earliest", nil, 0], ["committed", "marked", nil, 5]])
      entry = entries.last
      expect(entry["count"]).to be > 1
      expect(entry["first_time"]).to be_between(entry["time"] - 20_000, entry["time"])
      expect(Time.at(entry["time"] / 1000)).to be_within(30).of(Time.now)
      wait_until("the event") { committed.any? { |it| it[:partitions] == [{ topic: "t", partition: 0, offset: 5 }] } }
    end
    expect(committed).to all(include(group: "t", time: be > 0))
    expect(written.string).not_to match(/offset/)
  end

  it "has words for whatever sets a group back" do
    route(controller { nil })
    reasons = section.scan(/^\| .*?\| `(\w+)` \|.*\| `(partition\.(?:reset|moved_back))` \|$/)
    expect(reasons.size).to be > 5
    reasons.each do |reason, event|
      [[9, 4], [4, 9]].each do |from, to|
        Karafka.monitor.instrument(event, group: "g", topic: "t", partition: 3, from: from, to: to, reason: reason)
      end
    end
    lines = written.string.lines
    expect([lines.size, lines.uniq.size]).to eq([reasons.size * 2] * 2)
    expect(lines).to all(match(%r{\Ag t/3: .*[49].*[49].* 5 offsets }))
  end

  it "tells of user code that goes back, and of the commit that follows" do
    consumer = controller(log = []) do
      log << params.offset
      seek(1) if log.size == 5
    end
    route(consumer, batch: false)
    sought = hear("partition.sought")
    publish(5)
    serving do
      until_moved("sought", "offset", 5, 1)
      expect(entries.find { |it| it["kind"] == "sought" }).to include("warned" => true, "count" => 1)
      until_moved("committed", "marked", nil, 5)
    end
    expect(sought).to eq([{ group: "t", topic: "t", partition: 0, from: 5, to: 1, reason: "offset" }])
    expect(logged(/user code/)).to include("goes on at 1, offset 5 was next")
  end

  it "tells of messages that Kafka had deleted before they were consumed, with their number" do
    route(controller { nil })
    publish(3)
    serving { until_moved("committed", "marked", nil, 3) }
    # The broker keeps 5 MB.
    14.times { publish(1_000, size: 1_000) }
    Karafka::App.status.reset!
    reset = hear("partition.reset")
    serving do
      wait_until("the news") { reset.any? }
      to = reset.first[:to]
      expect(reset.first).to include(topic: "t", partition: 0, from: 3, to: be > 5_000, reason: "out_of_range")
      until_moved("reset", "out_of_range", 3, to)
      expect(logged(/left out/)).to include("no offset 3", "goes on at #{to}: #{to - 3} offsets")
    end
  end

  # Another member of the group, whose code goes back to `offset` wherever it is let, and leaves.
  # @return [Integer] the partition that was its for a while
  def foreign_member(offset)
    member = child(<<~RUBY)
      class Foreign < Karafka::BaseController
        def on_assigned
          seek(#{offset})
        end

        def consume
          seek(#{offset})
          puts "has \#{partition}"
          Karafka::App.stop!
        end
      end
      application { |config| config.client_id = "spec" }
      routes { topic(:t) { controller Foreign } }
      Karafka::Server.run
    RUBY
    number = member.line(/\Ahas/)[/\d/].to_i
    expect(member.finish.code).to eq(0)
    number
  end

  it "tells of a group's offset that somebody else moved back while the partition was away" do
    route(controller { nil }, partitions: 2)
    back = hear("partition.moved_back")
    2.times { |number| publish(9, partition: number) }
    serving do
      2.times { |number| until_moved("committed", "marked", nil, 9, partition: number) }
      number = foreign_member(4)
      until_moved("started", "commit_moved_back", 9, 4, partition: number)
      wait_until("what comes again") { moves(number).last == ["committed", "marked", 4, 9] }
      # On a busy machine the short session may be over instead.
      expect(moves(number)).to include(["left", "revoked", 9, 9]).or include(["left", "lost", 9, 9])
      wait_until("the event") { back.any? }
      expect(back).to eq([{ group: "t", topic: "t", partition: number, from: 9, to: 4,
                            reason: "commit_moved_back" }])
    end
    expect(logged(/somebody else/)).to include("offset 9 while the partition was away, it goes on at 4")
  end
end
