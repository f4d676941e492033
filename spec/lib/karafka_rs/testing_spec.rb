# frozen_string_literal: true

require "spec_helper"
require "karafka_rs/testing"

RSpec.describe Karafka::Testing do
  before do
    setup_application
    draw { topic(:in) { controller Class.new(Karafka::BaseController) } }
    described_class.capture!
    described_class.clear
  end

  after { described_class.release! }

  # What the block gave, or what it raised.
  def outcome
    yield
  rescue StandardError => e
    [e.class, e.message, (e.code if e.respond_to?(:code))]
  end

  def responder(&respond)
    Class.new(Karafka::BaseResponder) do
      topic :out, multiple_usage: true
      topic :later, required: false, async: true
      define_method(:respond, &respond)
    end
  end

  it "records in place of sending, with offsets as Kafka counts them" do
    reports = [Karafka.producer.produce_sync(topic: "a", payload: "1", key: "k", headers: { x: "y" }),
               *Karafka.producer.produce_many_sync([{ topic: "a", payload: nil }, { topic: "b", payload: "2" }])]
    expect(reports.map(&:to_a)).to eq [["a", 0, 0], ["a", 0, 1], ["b", 0, 0]]
    first, tombstone = described_class.produced
    expect(first.to_h).to include(topic: "a", payload: "1", key: "k", headers: { "x" => "y" }, partition: 0, offset: 0)
    expect(first.timestamp).to be_within(5).of(Time.now)
    expect([tombstone.tombstone?, tombstone.parsed, first.parsed]).to eq [true, nil, 1]
    expect(described_class.produced(:b).map(&:payload)).to eq ["2"]
  end

  it "gives handles that are done" do
    handle = Karafka.producer.produce_async(topic: "a", payload: "1")
    expect([handle.done?, handle.wait(nil)]).to eq [true, [0, 0]]
    expect(Karafka.producer.produce_async(topic: "a", payload: "1", handle: false)).to be_nil
    handles = Karafka.producer.produce_many_async([{ topic: "a", payload: "1" }])
    expect(handles.map { |it| it.wait(1) }).to eq [[0, 2]]
    expect(Karafka.producer.produce_many_async([{ topic: "a", payload: "1" }], handle: false)).to be_nil
    expect(described_class.produced.size).to eq 4
  end

  it "records what WaterDrop and responders send, whatever deliver says" do
    WaterDrop.config.deliver = false
    WaterDrop::SyncProducer.call(:sync, topic: "a", partition: 3)
    WaterDrop::AsyncProducer.call("async", topic: "a", create_time: Time.at(1, 2, :millisecond))
    responder { respond_to(:later, { id: 1 }) && respond_to(:out, 2, key: "k") }.call
    expect(described_class.produced.map { |it| [it.topic, it.payload, it.partition, it.offset] }).to eq [
      ["a", "sync", 3, 0], ["a", "async", 0, 0], ["later", '{"id":1}', 0, 0], ["out", "2", 0, 0]
    ]
    expect(described_class.produced[1].timestamp).to eq Time.at(1, 2, :millisecond)
  end

  it "records nothing of a responder whose own checks fail" do
    expect { responder { respond_to(:later, 1) }.call }.to raise_error(Karafka::Errors::InvalidResponderUsage)
    wrong = responder { respond_to(:out, 1) && respond_to(:out, 2, partition: -1) }
    expect { wrong.call }.to raise_error(WaterDrop::Errors::InvalidMessageOptions)
    expect { responder { respond_to(:out, 1) && raise(KeyError) }.call }.to raise_error(KeyError)
    expect(described_class.produced).to eq []
  end

  it "refuses what a real producer refuses, in the same words" do
    broker.create_topic("a", 2)
    described_class.capture!(partitions: 2)
    large = "x" * 1_000_001
    wrong = [
      { topic: "a b", payload: "1" }, { topic: :a, payload: "1" }, { topic: "a", payload: 1 }, { payload: "1" },
      { topic: "a", payload: "1", key: "" }, { topic: "a", payload: "1", partition: -1 },
      { topic: "a", payload: "1", partition_key: 1 }, { topic: "a", payload: "1", timestamp: -1 },
      { topic: "a", payload: "1", headers: { 1 => "x" } }, { topic: "a", payload: "1", kye: "k" },
      { topic: "a", payload: "1", partition: 2 }, { topic: "a", payload: large },
      { topic: "a", payload: "x" * 999_950, headers: { "name" => "y" * 50 } }
    ]
    tries = lambda do |producer|
      wrong.map { |fields| outcome { producer.produce_sync(**fields) } } +
        wrong.map { |fields| outcome { producer.produce_many_sync([{ topic: "a", payload: "1" }, fields]).size } } +
        [outcome { producer.produce_many_sync(1) }, outcome { producer.produce_many_async([1]) }]
    end
    recorded = tries.call(Karafka.producer)
    described_class.release!
    expect(recorded).to eq tries.call(Karafka.producer)
    expect(recorded.grep(Array).size).to be > 20
  end

  it "chooses partitions by key as Kafka's clients do" do
    broker.create_topic("a", 7)
    described_class.capture!(partitions: { a: 7 })
    messages = Array.new(50) { |n| { topic: "a", payload: "1", key: "k#{n}" } } +
               [{ topic: "a", payload: "1", key: "k", partition_key: "other" }]
    recorded = Karafka.producer.produce_many_sync(messages)
    described_class.release!
    expect(recorded).to eq Karafka.producer.produce_many_sync(messages)
  end

  it "keeps what was sent when the sender goes on writing into it" do
    payload = +"1"
    Karafka.producer.produce_sync(topic: "a", payload: payload)
    payload << "2"
    expect(described_class.produced.first.payload).to eq "1"
  end

  it "counts right from many threads" do
    threads = Array.new(8) { Thread.new { 500.times { Karafka.producer.produce_sync(topic: "a", payload: "1") } } }
    threads.each(&:join)
    expect(described_class.produced.map(&:offset)).to eq((0...4_000).to_a)
  end

  it "forgets what was recorded, and counts anew" do
    Karafka.producer.produce_sync(topic: "a", payload: "1")
    described_class.clear
    expect(described_class.produced).to eq []
    expect(Karafka.producer.produce_sync(topic: "a", payload: "1").offset).to eq 0
  end

  it "goes back to the producer that was there before" do
    described_class.release!
    Karafka.producer = mine = Class.new { def produce_sync(**) = :mine }.new
    2.times { described_class.capture! }
    expect([described_class.capturing?, Karafka.producer.is_a?(Karafka::Producer)]).to eq [true, true]
    described_class.release!
    expect([described_class.capturing?, Karafka.producer]).to eq [false, mine]
  ensure
    Karafka.producer = nil
  end

  it "leaves a producer of the spec's own alone" do
    Karafka.producer = mine = Class.new { def produce_sync(**) = :mine }.new
    expect([described_class.capturing?, Karafka.producer]).to eq [false, mine]
    described_class.release!
    expect(Karafka.producer).to be mine
  ensure
    Karafka.producer = nil
  end

  it "is never closed" do
    producer = Karafka.producer
    expect([producer.flush(1), producer.queue_size, producer.close, producer.closed?, producer.fatal])
      .to eq [0, 0, 0, false, nil]
    expect(producer.produce_sync(topic: "a", payload: "1").offset).to eq 0
  end

  it "finds a topic by its name in the application" do
    mapper = Class.new do
      def self.incoming(topic) = topic.delete_prefix("eu.")
      def self.outgoing(topic) = "eu.#{topic}"
    end
    Karafka::App.config.topic_mapper = mapper
    responder { respond_to(:out, 1) }.call
    expect([described_class.produced(:out).size, described_class.produced("eu.out").size]).to eq [1, 1]
  end

  it "says what is wrong with a number of partitions" do
    [0, "3", { "a" => nil }].each do |wrong|
      expect { described_class.capture!(partitions: wrong) }
        .to raise_error(Karafka::Testing::Error, /partitions: .*; give a number from 1 up, or a Hash/)
    end
  end
end
