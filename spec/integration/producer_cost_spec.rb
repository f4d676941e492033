# frozen_string_literal: true

# Owns the proof of what producing costs, in things that can be counted: Ruby objects for each record, and round trips
# to a broker that is slow to answer. How long it takes is the benchmark's business.
RSpec.describe "What producing costs" do
  # So many objects that no record of its own accounts for: arrays of results, what a first call looks up.
  let(:few) { 20 }
  let(:records) { 1_000 }
  let(:message) { { topic: "t", payload: "x" } }

  before { Karafka::App.config.logger = Logger.new(IO::NULL) }

  def sending
    broker = broker("t" => 2)
    WaterDrop.setup { |config| config.kafka.seed_brokers = broker.bootstrap_servers }
    Karafka.producer.produce_sync(**message)
    broker
  end

  def objects
    GC.start
    GC.disable
    # What the first one makes is not for each.
    yield
    before = GC.stat(:total_allocated_objects)
    yield
    GC.stat(:total_allocated_objects) - before
  ensure
    GC.enable
  end

  # How far another thread gets meanwhile.
  def progress_of_another
    count = 0
    thread = Thread.new do
      loop do
        count += 1
        Thread.pass
      end
    end
    wait_until("the other thread runs") { count.positive? }
    before = count
    yield
    count - before
  ensure
    thread.kill.join
  end

  it "is no object for a record that nobody waits for" do
    sending
    producer = Karafka.producer
    made = objects { records.times { producer.produce_async(topic: "t", payload: "x", handle: false) } }
    # The payload itself is one here.
    expect(made).to be <= records + few
    many = Array.new(records) { message }
    expect(objects { producer.produce_many_async(many, handle: false) }).to be <= few
  end

  it "is the handle alone for a record that can be waited for" do
    sending
    producer = Karafka.producer
    payload = "x"
    handles = Array.new(records)
    made = objects do
      records.times { |number| handles[number] = producer.produce_async(topic: "t", payload: payload) }
    end
    expect(made).to be <= records + few
    many = Array.new(records) { message }
    expect(objects { producer.produce_many_async(many) }).to be <= records + few
    expect(handles.map { |handle| handle.wait(10) }).to all(be_an(Array))
  end

  it "is the report alone for a record that is waited for" do
    sending
    producer = Karafka.producer
    payload = "x"
    # Beside a main thread that is alone, Ruby 3.1 makes a thread of its own for each wait.
    producer.produce_async(**message).wait(10)
    one_by_one = objects { records.times { producer.produce_sync(topic: "t", payload: payload) } }
    expect(one_by_one).to be_between(records, records + few)
    many = Array.new(records) { message }
    expect(objects { producer.produce_many_sync(many) }).to be_between(records, records + few)
  end

  it "is one wait for all records that a responder sends to its synchronous topics" do
    slow = sending
    payloads = Array.new(100, &:to_s)
    responder = Class.new(Karafka::BaseResponder) do
      topic :t, multiple_usage: true

      define_method(:respond) { payloads.each { |payload| respond_to(:t, payload) } }
    end
    round_trip = 0.2
    slow.inject(kind: :round_trip, broker: 1, millis: (round_trip * 1000).round)
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    responder.call
    waited = Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
    # One for each would be a hundred. Those that left first go alone, the rest with the next request.
    expect(waited).to be_between(round_trip, 10 * round_trip)
  end

  it "lets other threads run while records that were sent together are waited for" do
    slow = sending
    slow.inject(kind: :round_trip, broker: 1, millis: 300)
    reports = nil
    progress = progress_of_another { reports = Karafka.producer.produce_many_sync(Array.new(10) { message }) }
    expect(reports.map(&:topic)).to eq(["t"] * 10)
    # A thread that holds the lock for this long lets the other one in three times.
    expect(progress).to be > 1_000
  end

  it "gives the outcomes of records sent together in their order, plain or not" do
    sending
    messages = Array.new(30) { |number| { topic: "t", payload: number.to_s, partition: number % 2 } }
    offsets = ->(reports) { reports.group_by(&:partition).transform_values { |list| list.map(&:offset) } }
    before = offsets.call(Karafka.producer.produce_many_sync(messages.first(2))).transform_values(&:last)
    plain = Karafka.producer.produce_many_sync(messages)
    expect(plain.map(&:partition)).to eq(messages.map { |sent| sent[:partition] })
    expect(offsets.call(plain)).to eq(before.transform_values { |offset| ((offset + 1)..(offset + 15)).to_a })
    with_headers = messages.map { |sent| sent.merge(headers: { "a" => "b" }) }
    expect(offsets.call(Karafka.producer.produce_many_sync(with_headers)))
      .to eq(before.transform_values { |offset| ((offset + 16)..(offset + 30)).to_a })
  end

  it "names the records of a call that were refused, and sends the others" do
    sending
    large = message.merge(payload: "x" * 2_000_000)
    sent = [message, large, message, message.merge(partition: 7), message]
    expect { Karafka.producer.produce_many_sync(sent) }.to raise_error(Karafka::Errors::DeliveryFailed) { |error|
      expect(error.failed.map { |failure| [failure.index, failure.error.code] })
        .to eq([[1, "MSG_SIZE_TOO_LARGE"], [3, "_UNKNOWN_PARTITION"]])
      expect(error.delivered.map(&:topic)).to eq(["t"] * 3)
    }
    expect { Karafka.producer.produce_many_async(sent) }.to raise_error(Karafka::Errors::DeliveryFailed) { |error|
      expect(error.failed.map(&:index)).to eq([1, 3])
    }
    expect(Karafka.producer.flush(10)).to eq(0)
  end
end
