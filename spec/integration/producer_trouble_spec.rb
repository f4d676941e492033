# frozen_string_literal: true

# Owns the proof that a producer goes on being of use and tells everything when there is trouble: brokers that stay
# away, subscribers that produce or close, a close that is interrupted, messages that change while they are sent.
RSpec.describe "A producer in trouble" do
  let(:nowhere) { "127.0.0.1:1" }
  let(:reader) { "karafka-delivery-failures" }

  before { Karafka::App.config.logger = Logger.new(IO::NULL) }

  def producer(**properties)
    @producer ||= Karafka::Producer.new("bootstrap.servers" => nowhere, **properties.transform_keys(&:to_s))
  end

  after { @producer&.close(0) }

  {
    "a call that waits" => ->(it) { it.produce_sync(topic: "t", payload: "x") },
    "a call with several" => ->(it) { it.produce_many_sync([{ topic: "t", payload: "x" }]) }
  }.each do |what, call|
    it "tells what its client met when only #{what} has failed, and the caller's own failure to the caller alone" do
      errors = hear("connection.error")
      failed = hear("producer.delivery_failed")
      producer("message.timeout.ms": "300")
      expect { call.(producer) }.to raise_error(Karafka::Errors::DeliveryFailed, /delivery_timeout/)
      wait_until("the trouble") { errors.any? }
      producer.close(5)
      expect(errors.map { |error| error[:code] }).to include("_TRANSPORT").or include("_ALL_BROKERS_DOWN")
      expect(failed).to eq([])
    end
  end

  it "replaces one that can never send again for a subscriber that is told so, too" do
    WaterDrop.setup do |config|
      config.kafka.seed_brokers = broker("t" => 1).bootstrap_servers
      config.kafka.librdkafka = { "linger.ms" => 100 } # one request for all: a second one would be taken
    end
    raised = hear("error.occurred")
    made = []
    useless = Karafka.producer
    failed = hear("producer.delivery_failed") { made << Karafka.producer }
    useless.produce_sync(topic: "t", payload: "1", partition: 0)
    broker.inject(kind: :requests, api: :produce, code: "OUT_OF_ORDER_SEQUENCE_NUMBER", times: 1)
    useless.produce_many_async(Array.new(5) { |n| { topic: "t", payload: n.to_s, partition: 0 } }, handle: false)
    wait_until("all are told") { made.size == 5 }
    expect(failed.map { |failure| failure[:payload] }).to match_array(%w[0 1 2 3 4])
    expect(raised).to eq([])
    expect(made.uniq).to contain_exactly(be(Karafka.producer))
    expect(made.first).not_to be(useless)
    wait_until("its thread has ended") { Thread.list.none? { |it| it.name == reader } }
  end

  it "tells each message once when a subscriber closes it" do
    failed = hear("producer.delivery_failed") { producer.close(0) }
    1_000.times { |number| producer.produce_async(topic: "t", payload: number.to_s, handle: false) }
    producer.close(0)
    wait_until("its thread has ended") { Thread.list.none? { |it| it.name == reader } }
    expect(failed.map { |failure| failure[:payload] }).to match_array(Array.new(1_000, &:to_s))
  end

  it "tells the rest when it is closed again after a close was interrupted" do
    held = Queue.new
    # The thread that tells and the one that closes are held up, each by what it tells first.
    failed = hear("producer.delivery_failed") { held.pop if Thread.current != Thread.main }
    5.times { |number| producer.produce_async(topic: "t", payload: number.to_s, handle: false) }
    closing = Thread.new { producer.close(0) }
    wait_until("both tell") { failed.size == 2 }
    closing.kill.join
    producer.close(0)
    expect(failed.map { |failure| failure[:payload] }).to match_array(Array.new(5, &:to_s))
  ensure
    held.close
  end

  # Two fit into the queue; the others are read again when there is room.
  it "sends what it was given when the Array grows meanwhile" do
    producer("queue.buffering.max.messages": "2", "message.timeout.ms": "1000")
    messages = Array.new(3) { { topic: "t", payload: "x" } }
    sending = Thread.new { producer.produce_many_async(messages) }
    wait_until("it waits for room") { producer.queue_size == 2 && sending.stop? }
    messages.concat(Array.new(3) { { topic: "t", payload: "more" } })
    expect(sending.value.size).to eq(3)
    expect(producer.flush(10)).to eq(0)

    waiting = Thread.new { producer.produce_many_sync(messages) }
    waiting.report_on_exception = false
    wait_until("it waits for room") { producer.queue_size == 2 && waiting.stop? }
    messages << { topic: "t", payload: "more" }
    expect { waiting.value }.to raise_error(Karafka::Errors::DeliveryFailed) { |error|
      expect(error.failed.map(&:index)).to eq([*0...6])
    }
    expect(producer.flush(10)).to eq(0)
  end
end
