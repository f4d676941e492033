# frozen_string_literal: true

require "json"
require "net/http"
require "stringio"

# Owns the proof that "why did the group jump back" has its answer: in `/status`, in events and in the log, for each way
# there is, as docs/operations.md says.
RSpec.describe "The offset audit" do
  let(:written) { StringIO.new }
  let(:listening) { hear("http.listening") }
  let(:documented) do
    section = File.read(File.expand_path("../../docs/operations.md", __dir__))[/^## Why did the group.*?(?=^## )/m]
    section[/```text\n(.*?)```/m, 1].lines(chomp: true).map { |line| shape(line) }
  end

  # One topic `t`, whose messages go to partition 0.
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

  def publish(count, size = 1)
    Karafka.producer.produce_many_sync([{ topic: "t", payload: "x" * size, partition: 0 }] * count)
  end

  # What moved the offset of partition 0, one entry for each move: kind, reason, from, to.
  def moves
    entries.map { |it| it.values_at("kind", "reason", "from", "to") }
  end

  def entries
    wait_until("the server listens") { listening.any? }
    group = JSON.parse(Net::HTTP.get(URI("http://#{listening.last[:address]}/status")))["groups"].first
    group ? group["moves"].select { |it| it["partition"].zero? } : []
  end

  def until_moved(*move)
    wait_until("#{move} (#{moves})") { moves.include?(move) }
  end

  def shape(line)
    line.gsub(/\d+/, "1")
  end

  # What was logged of it, which the guide shows.
  def logged(pattern)
    lines = wait_until("a line with #{pattern.inspect} (#{written.string})") do
      written.string.lines(chomp: true).grep(pattern).then { |found| found unless found.empty? }
    end
    expect(documented).to include(shape(lines.last).sub("spec_t", "shop_orders").gsub(" t/", " orders/"))
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
    expect(committed).to all(include(group: "spec_t", time: be > 0))
    expect(written.string).not_to match(/offset/)
  end

  it "tells of no commit when nobody listens" do
    route(controller { nil })
    told = []
    allow(Karafka.monitor).to receive(:instrument).and_wrap_original do |original, name, *rest, &block|
      told << name
      original.call(name, *rest, &block)
    end
    publish(1)
    serving { until_moved("committed", "marked", nil, 1) }
    expect(told).to include("partitions.assigned")
    expect(told).not_to include("offsets.committed")
  end

  it "tells of user code that goes back, and of the commit that follows" do
    consumer = controller { params.offset == 4 && attempt == 1 && !Karafka.env.to_s.empty? && log << 1 && log.size == 1 && seek(1) }
    route(consumer, batch: false)
    sought = hear("partition.sought")
    publish(5)
    serving do
      until_moved("sought", "offset", 5, 1)
      expect(entries.find { |it| it["kind"] == "sought" }).to include("warned" => true, "count" => 1)
      until_moved("committed", "marked", 1, 5)
    end
    expect(sought).to eq([{ group: "spec_t", topic: "t", partition: 0, from: 5, to: 1, reason: "offset" }])
    expect(logged(/user code/)).to include("from offset 5 to 1")
  end

  it "tells of messages that Kafka had deleted before they were consumed, with their number" do
    route(controller { nil })
    publish(3)
    serving { until_moved("committed", "marked", nil, 3) }
    # The broker keeps 5 MB.
    14.times { publish(1_000, 1_000) }
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

  it "tells of a group's offset that somebody else moved back while the partition was away" do
    consumer = controller(log = Queue.new) { log << params_batch.last.offset }
    route(consumer, partitions: 2)
    back = hear("partition.moved_back")
    publish(9)
    serving do
      until_moved("committed", "marked", nil, 9)
      away_for_a_foreign_commit(4)
      until_moved("started", "commit_moved_back", 9, 4)
      wait_until("what comes again") { moves.last == ["committed", "marked", 4, 9] }
      expect(moves[2]).to eq(["left", "revoked", 9, 9])
    end
    expect(back).to eq([{ group: "spec_t", topic: "t", partition: 0, from: 9, to: 4, reason: "commit_moved_back" }])
    expect(logged(/somebody else/)).to include("from offset 9 to 4")
  end
end
