# frozen_string_literal: true

# Owns the proof of what the monitor is told of messages that go well. What fails is in producer_promises_spec.rb.
RSpec.describe "Events of producers" do
  let(:producer) do
    Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
  end

  before { broker("t" => 1, "other" => 1) }

  after { producer.close(5) }

  def told(queue)
    Array.new(queue.size) { queue.pop }
  end

  # The block decides when it is ready for the next one. Unsubscribed after the example, as with `hear`.
  def listen(name, &block)
    (@subscribers ||= []) << block
    Karafka.monitor.subscribe(name, &block)
  end

  it "tell of each call which one it was, how many messages went to which topic, and how long it took" do
    events = Queue.new
    listen("producer.produced") { |event| events << event.payload }
    message = { topic: "t", payload: "secret", key: "hush" }
    report = producer.produce_sync(**message)
    handle = producer.produce_async(**message)
    none = producer.produce_async(**message, handle: false)
    reports = producer.produce_many_sync([message, { **message, topic: "other" }, message])
    handles = producer.produce_many_async([message, message])
    expect([report.topic, handle.wait(5).first, none, reports.size, handles.size]).to eq(["t", 0, nil, 3, 2])
    events = told(events)
    expect(events.map { |event| event.values_at(:call, :topic, :size) }).to eq(
      [[:produce_sync, "t", 1], [:produce_async, "t", 1], [:produce_async, "t", 1],
       [:produce_many_sync, "t", 2], [:produce_many_sync, "other", 1], [:produce_many_async, "t", 2]]
    )
    expect(events.map { |event| event[:time] }).to all(be_positive)
    expect(events.flat_map(&:keys).uniq).to contain_exactly(:call, :topic, :size, :time)
  end

  it "take as long as Kafka needs to confirm, for the calls that wait" do
    producer.produce_sync(topic: "t", payload: "x")
    events = Queue.new
    listen("producer.produced") { |event| events << event.payload }
    broker.inject(kind: :round_trip, broker: 1, millis: 200)
    producer.produce_sync(topic: "t", payload: "x")
    expect(events.pop[:time]).to be >= 200
  end

  it "do not tell of a call that raised" do
    events = Queue.new
    listen("producer.produced") { |event| events << event.payload }
    expect { producer.produce_sync(topic: "t", payload: "x", partition: 7) }
      .to raise_error(Karafka::Errors::DeliveryFailed)
    expect { producer.produce_many_async([{ topic: "t", payload: 5 }]) }
      .to raise_error(WaterDrop::Errors::InvalidMessageOptions)
    expect(events).to be_empty
  end

  it "tell what Kafka confirmed: where it is, without gaps, however it was sent" do
    events = Queue.new
    listen("producer.delivered") { |event| events << event.payload }
    500.times { producer.produce_async(topic: "t", payload: "x", handle: false) }
    producer.produce_many_sync(Array.new(500) { { topic: "t", payload: "x" } })
    producer.produce_sync(topic: "other", payload: "x")
    producer.close(10)
    all = told(events)
    mine, others = all.partition { |event| event[:topic] == "t" }
    expect(mine.sum { |event| event[:size] }).to eq(1_000)
    expect(mine.map { |event| event[:first_offset] }).to eq([0, *mine[0..-2].map { |event| event[:last_offset] + 1 }])
    expect(mine.map { |event| event[:last_offset] - event[:first_offset] + 1 }).to eq(mine.map { |it| it[:size] })
    expect(others).to match([{ topic: "other", partition: 0, first_offset: 0, last_offset: 0, size: 1,
                               time: be_positive, dropped: 0 }])
  end

  it "tell no offset where no broker was asked to confirm" do
    events = Queue.new
    listen("producer.delivered") { |event| events << event.payload }
    careless = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers, "acks" => "0")
    careless.produce_sync(topic: "t", payload: "x")
    careless.close(5)
    expect(told(events)).to match([include(topic: "t", size: 1, first_offset: nil, last_offset: nil)])
  end

  it "keep a bounded number for a subscriber that is slow, and tell it what was dropped" do
    first = Queue.new
    release = Queue.new
    events = Queue.new
    listen("producer.delivered") do |event|
      first << true
      release.pop
      events << event.payload
    end
    # What goes to different partitions is confirmed apart.
    broker("wide" => 500)
    wide = Array.new(500) { |number| { topic: "wide", payload: "x", partition: number } }
    21.times { producer.produce_many_sync(wide) }
    count = 21 * 500
    first.pop
    release.close
    producer.close(10)
    all = told(events)
    expect(all.sum { |event| event[:dropped] }).to be_between(1, 500)
    expect(all.size).to be >= 10_000
    expect(all.sum { |event| event[:size] + event[:dropped] }).to eq(count)
  end

  it "end when nobody listens any more, and come again" do
    events = Queue.new
    subscriber = ->(event) { events << event.payload }
    listen("producer.delivered", &subscriber)
    producer.produce_sync(topic: "t", payload: "x")
    wait_until("it is told") { events.size == 1 }
    Karafka.monitor.unsubscribe(subscriber)
    producer.produce_sync(topic: "t", payload: "x")
    listen("producer.delivered", &subscriber)
    producer.produce_sync(topic: "t", payload: "x")
    wait_until("it is told again") { events.size == 2 }
    expect(told(events).map { |event| event[:first_offset] }).to eq([0, 2])
  end

  it "do no harm when a subscriber raises" do
    %w[producer.produced producer.delivered].each { |name| listen(name) { raise "no" } }
    events = Queue.new
    listen("producer.delivered") { |event| events << event.payload }
    expect(producer.produce_sync(topic: "t", payload: "x").offset).to eq(0)
    wait_until("the next subscriber is told") { events.size == 1 }
  end
end
