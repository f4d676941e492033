# frozen_string_literal: true

require "spec_helper"
require "timeout"
require_relative "../fresh_app"

# Runs against librdkafka's cluster inside this process: three partitions per topic.
RSpec.describe Karafka::Producer do
  include_context "with a fresh app"

  before(:all) do
    @cluster = Karafka::EmbeddedBroker.start(topics: { "events" => 3 })
  end

  after(:all) { @cluster.close }

  before do
    brokers = @cluster.bootstrap_servers
    WaterDrop.setup { |config| config.kafka.seed_brokers = brokers }
  end

  after { WaterDrop::Producers.close(5) }

  let(:producer) { Karafka.producer }

  def failures
    Queue.new.tap { |queue| Karafka.monitor.subscribe("producer.delivery_failed") { |event| queue << event } }
  end

  it "waits for Kafka" do
    first = producer.produce_sync(topic: "events", payload: "x", partition: 1)
    more = { headers: { a: "b" }, timestamp: Time.now }
    second = producer.produce_sync(topic: "events", payload: nil, partition: 1, **more)
    expect([first.topic, first.partition, second.offset - first.offset]).to eq ["events", 1, 1]
  end

  # CRC-32 of the key, as in 1.1.
  { "abc" => 0, "user-1" => 2, "42" => 2, "ż" => 2 }.each do |key, partition|
    it "sends the key #{key} to partition #{partition} of 3" do
      expect(producer.produce_sync(topic: "events", payload: "x", key: key).partition).to eq partition
      expect(producer.produce_sync(topic: "events", payload: "x", partition_key: key).partition).to eq partition
    end
  end

  it "gives a handle" do
    handle = producer.produce_async(topic: "events", payload: "x", partition: 2)
    expect(handle.wait(10)).to match [2, Integer]
    expect(handle).to be_done
  end

  it "sends many together" do
    reports = producer.produce_many_sync((0..2).map { |n| { topic: "events", payload: "x", partition: n } })
    expect(reports.map(&:partition)).to eq [0, 1, 2]
    handles = producer.produce_many_async([{ topic: "events", payload: "x", partition: 1 }] * 2)
    expect(handles.map { |handle| handle.wait(10).first }).to eq [1, 1]
  end

  it "says which of many were delivered and which were not" do
    messages = [{ topic: "events", payload: "x", partition: 0 }, { topic: "events", payload: "x", partition: 99 }]
    expect { producer.produce_many_sync(messages) }.to raise_error(Karafka::Errors::DeliveryFailed) { |error|
      expect(error.delivered.map(&:partition)).to eq [0]
      expect(error.failed.map(&:index)).to eq [1]
      expect(error.message).to start_with("1 of 2 messages were not delivered, first number 1 to events")
      expect(error.code).to be_a(String)
    }
  end

  it "sends none of many when one breaks a rule" do
    messages = [{ topic: "events", payload: "x", partition: 0 }, { topic: "events", payload: 5 }]
    before = producer.produce_sync(**messages.first).offset
    expect { producer.produce_many_sync(messages) }.to raise_error(WaterDrop::Errors::InvalidMessageOptions)
    expect(producer.produce_sync(**messages.first).offset).to eq before + 1
  end

  it "tells the monitor about failures nobody waits for, and logs no data" do
    seen = failures
    # No broker is there, so the message fails when its time is over.
    WaterDrop.config.kafka.seed_brokers = "127.0.0.1:1"
    WaterDrop.config.kafka.delivery_timeout = 0.3
    WaterDrop::AsyncProducer.call("hush", topic: "events", key: "k")
    event = Timeout.timeout(20) { seen.pop }
    expect([event[:topic], event[:key], event[:payload]]).to eq %w[events k hush]
    expect(log.string).to include("was not delivered").and(satisfy { |text| !text.include?("hush") })
  end

  it "tells each message that was still on its way when it was closed" do
    seen = failures
    WaterDrop.config.kafka.seed_brokers = "127.0.0.1:1"
    3.times { |number| WaterDrop::AsyncProducer.call("left", topic: "events", key: number.to_s) }
    Karafka.producer.produce_async(topic: "events", payload: "left", key: "with a handle")
    expect(WaterDrop::Producers.close(0.1)).to eq 4
    expect(Array.new(4) { seen.pop(true)[:key] }).to contain_exactly("0", "1", "2", "with a handle")
  end

  it "can be closed twice and is then of no use" do
    expect([producer.close, producer.close, producer.closed?]).to eq [0, 0, true]
    expect { producer.produce_sync(topic: "events", payload: "x") }.to raise_error(Karafka::Errors::ClosedError)
  end

  it "flushes" do
    3.times { WaterDrop::AsyncProducer.call("x", topic: "events") }
    expect([producer.flush(10), producer.queue_size]).to eq [0, 0]
  end

  it "makes another one after all were closed" do
    old = producer
    WaterDrop::Producers.close
    expect(Karafka.producer).not_to be old
    expect(Karafka.producer.produce_sync(topic: "events", payload: "x").topic).to eq "events"
  end

  it "has a producer of its own for messages that wait for each other" do
    expect(WaterDrop::Producers.async).to be WaterDrop::Producers.sync
    WaterDrop.config.kafka.delivery_interval = 1
    expect(WaterDrop::Producers.async).not_to be WaterDrop::Producers.sync
  end

  it "makes a new producer in a forked child, which ends cleanly" do
    producer.produce_sync(topic: "events", payload: "x")
    reader, writer = IO.pipe
    child = fork do
      writer.write(Karafka.producer.produce_sync(topic: "events", payload: "y").topic)
      writer.close
      exit!(WaterDrop::Producers.close)
    end
    writer.close
    _, status = Process.wait2(child)
    expect([reader.read, status.exitstatus]).to eq ["events", 0]
    expect(producer.produce_sync(topic: "events", payload: "z").topic).to eq "events"
  end
end
