# frozen_string_literal: true

require "timeout"

# Owns the proof of what producing promises while brokers misbehave: each record that was confirmed is in the log once
# and in order, a full queue makes callers wait and drops nothing, and each record that failed is told once.
RSpec.describe "Producing" do
  before { Karafka::App.config.logger = Logger.new(IO::NULL) }

  def sending(servers = broker("t" => 2).bootstrap_servers, **settings)
    WaterDrop.setup do |config|
      config.kafka.seed_brokers = servers
      settings.each { |name, value| config.kafka.public_send(:"#{name}=", value) }
    end
  end

  def send_numbers(numbers)
    numbers.map do |number|
      Karafka.producer.produce_async(topic: "t", payload: number.to_s, partition: number % 2)
    end
  end

  # @return [Array<Array<Integer>>] what is in the log of each partition
  def logged(count)
    log = Queue.new
    consumer = controller(log) { params_batch.each { |params| log << [params.partition, params.payload] } }
    setup_application
    draw_topic(consumer)
    serving { wait_until("#{count} records (#{log.size})") { log.size >= count } }
    all = Array.new(log.size) { log.pop }
    [0, 1].map { |number| all.filter_map { |partition, payload| payload if partition == number } }
  end

  def proxy(&meddle)
    @proxy = Proxy.new(broker.bootstrap_servers, &meddle)
    @proxy.address
  end

  after { @proxy&.close }

  describe "when requests fail, answers are lost and the broker goes and comes" do
    # One batch is on its way at a time: the embedded broker would take later ones before the one that failed, which
    # brokers that know batches by their numbers refuse.
    it "has each confirmed record in the log once and in order" do
      sending(delivery_interval: 0.05)
      faults = [
        [],
        [{ kind: :requests, api: :produce, code: "NOT_ENOUGH_REPLICAS", times: 3 }],
        [{ kind: :requests, api: :produce, code: "_TRANSPORT", times: 2 }],
        [{ kind: :requests, api: :produce, code: "NOT_LEADER_FOR_PARTITION", times: 2 }],
        [{ kind: :broker_down, broker: 1 }]
      ]
      reports = faults.flat_map.with_index do |those, phase|
        those.each { |fault| broker.inject(**fault) }
        numbers = (phase * 100)...((phase + 1) * 100)
        producer = WaterDrop::Producers.async
        handles = numbers.map { |number| producer.produce_async(topic: "t", payload: number.to_s, partition: 0) }
        broker.inject(kind: :broker_up, broker: 1)
        handles.map { |handle| handle.wait(20) }
      end
      expect(reports).to eq((0...500).map { |number| [0, number] })
      expect(logged(500)).to eq([(0...500).to_a, []])
    end

    # The embedded broker does not know repetitions; what a broker knows them by is on the wire.
    it "repeats a batch whose answer was lost or late under the same number, so that a broker takes it once" do
      batches = Queue.new
      answers = 0
      broker("t" => 2).inject(kind: :max_version, api: :produce, version: 7)
      sending(proxy do |direction, api, frame|
        next frame unless api == :produce
        next frame.tap { Wire.batches(frame).each { |batch| batches << batch } } if direction == :request

        answers += 1
        # The third is lost with its connection, the sixth comes after `ack_timeout`.
        sleep 1.2 if answers == 6 # a slow network
        frame unless answers == 3
      end, ack_timeout: 1)
      20.times do |round|
        send_numbers((round * 10)...((round + 1) * 10)).each { |handle| expect(handle.wait(20)).to be_an(Array) }
      end

      sent = Array.new(batches.size) { batches.pop }
      expect(sent.map(&:producer).uniq).to contain_exactly(be >= 0)
      [0, 1].each do |partition|
        copies = sent.select { |batch| batch.place == partition }.group_by(&:sequence)
        expect(copies.values.map { |same| same.uniq.size }.uniq).to eq([1])
        # One after the other, without a gap: this many records, whatever was sent twice.
        expect(copies.sort.map { |sequence, same| [sequence, same.first.records] }
          .inject(0) { |expected, (sequence, records)| sequence == expected ? sequence + records : -1 }).to eq(100)
      end
      expect(sent.size).to be > sent.uniq.size
    end

    { {} => true, { required_acks: 1 } => false, { required_acks: 0 } => false, { max_retries: 0 } => false,
      { max_retries: 3, required_acks: :all } => true }.each do |settings, numbered|
      it "numbers batches: #{numbered}, with #{settings}" do
        seen = Queue.new
        broker("t" => 2).inject(kind: :max_version, api: :produce, version: 7)
        sending(proxy do |direction, api, frame|
          Wire.batches(frame).each { |batch| seen << batch.producer } if direction == :request && api == :produce
          frame
        end, **settings)
        Karafka.producer.produce_sync(topic: "t", payload: "1")
        expect(seen.pop >= 0).to be numbered
      end
    end
  end

  describe "with a full queue" do
    it "waits for room, can be interrupted, then says which bound was met, and delivers what it took before" do
      sending(max_buffer_size: 6, max_queue_size: 5)
      broker.inject(kind: :broker_down, broker: 1)
      handles = send_numbers(0...6)

      begun = now
      expect { Timeout.timeout(0.2) { send_numbers([7]) } }.to raise_error(Timeout::Error)
      waiting = Thread.new { send_numbers([8]) }
      wait_until("the wait") { waiting.stop? }
      expect(waiting.kill.join(2)).to be waiting
      expect(now - begun).to be < 3

      begun = now
      expect { send_numbers([9]) }.to raise_error(Karafka::Errors::QueueFullError) { |error|
        expect(error.message).to match(/full for 10 s.*"t".*6 records wait.*bounds: 6 records.*`max_buffer_size`/)
        expect(error).to be_retriable
      }
      expect(now - begun).to be_between(9.9, 12)
      many = [{ topic: "t", payload: "10" }] * 3
      full = Thread.new { Karafka.producer.produce_many_async(many) }
      wait_until("the wait") { full.stop? }
      broker.inject(kind: :broker_up, broker: 1)
      expect(full.value.map { |handle| handle.wait(20) }).to all(match([Integer, Integer]))
      expect(handles.map { |handle| handle.wait(20) }).to eq((0...6).map { |number| [number % 2, number / 2] })
    end
  end

  describe "what Kafka does not take" do
    it "is told once for each record, with the record, whatever subscribers do" do
      sending("127.0.0.1:1", delivery_timeout: 0.3)
      hear("producer.delivery_failed") { raise "a subscriber's own error" }
      told = hear("producer.delivery_failed")
      send = lambda do |number|
        Karafka.producer.produce_async(topic: "t", payload: "p#{number}", key: number.to_s, partition: 1,
                                       headers: { "h" => number.to_s, "null" => nil }, handle: false)
      end
      # More at once than wait for the monitor as a rule.
      12_000.times(&send)
      wait_until("all are told (#{told.size})") { told.size >= 12_000 }
      expect(told.map { |failure| failure[:key] }.uniq.size).to eq(12_000)
      expect(told.first).to include(topic: "t", partition: 1, key: "0", payload: "p0", code: "_MSG_TIMED_OUT",
                                    headers: { "h" => "0", "null" => nil }, message: /delivery_timeout/)
      WaterDrop::Producers.close
      expect(told.size).to eq(12_000)
    end

    it "goes on being told after a subscriber raised what no StandardError is" do
      sending("127.0.0.1:1", delivery_timeout: 0.2)
      told = hear("producer.delivery_failed") { raise SecurityError }
      errors = hear("error.occurred")
      5.times { |number| Karafka.producer.produce_async(topic: "t", payload: number.to_s, handle: false) }
      wait_until("all are told") { told.size >= 5 && errors.size >= 5 }
      expect(told.map { |failure| failure[:payload] }).to eq(%w[0 1 2 3 4])
      expect(errors.map { |error| error[:error].class }.uniq).to eq([SecurityError])
    end

    it "is told at the close when its handle is held and was never asked, and when its wait was interrupted" do
      sending("127.0.0.1:1", delivery_timeout: 0.3)
      told = hear("producer.delivery_failed")
      asked, held = Array.new(2) { |n| Karafka.producer.produce_async(topic: "t", payload: n.to_s) }
      interrupted = { topic: "t", payload: "2" }
      expect { Timeout.timeout(0.05) { Karafka.producer.produce_sync(**interrupted) } }.to raise_error(Timeout::Error)
      expect { asked.wait(10) }.to raise_error(Karafka::Errors::DeliveryFailed)
      wait_until("the failure") { held.done? }
      wait_until("the other") { Karafka.producer.queue_size.zero? }
      Karafka.producer.close
      expect(told.map { |failure| failure[:payload] }).to contain_exactly("1", "2")
      expect { held.wait(1) }.to raise_error(Karafka::Errors::DeliveryFailed, /delivery_timeout/)
    end
  end

  it "replaces the process' own producer when it can never send again, and says of another why that cannot" do
    sending
    own = Karafka::Producer.new(Karafka::Setup::Librdkafka.producer(WaterDrop.config))
    [Karafka.producer, own].each do |producer|
      producer.produce_sync(topic: "t", payload: "1", partition: 0)
      broker.inject(kind: :requests, api: :produce, code: "OUT_OF_ORDER_SEQUENCE_NUMBER", times: 1)
      expect { producer.produce_sync(topic: "t", payload: "2", partition: 0) }
        .to raise_error(Karafka::Errors::DeliveryFailed, /"t".*new producer/)
      expect(producer.fatal).to match(/OUT_OF_ORDER_SEQUENCE_NUMBER.*desynchronization/)
    end
    expect(Karafka.producer.produce_sync(topic: "t", payload: "3", partition: 0).offset).to eq(2)
    expect { own.produce_sync(topic: "t", payload: "4") }.to raise_error(Karafka::Errors::DeliveryFailed) { |error|
      expect(error.message).to match(/never send again, make a new one.*desynchronization/)
      expect(error).to be_fatal
    }
  ensure
    own&.close(0)
  end

  it "tells of a responder's messages exactly which were delivered and which were not" do
    answers = Class.new(Karafka::BaseResponder) do
      topic :t, multiple_usage: true

      def respond(partitions)
        partitions.each { |partition| respond_to :t, { to: partition }, partition: partition }
      end
    end
    sending
    setup_application
    Karafka::App.boot!
    Karafka.producer.produce_sync(topic: "t", payload: "0", partition: 1)
    expect { answers.call([0, 7, 1, 8]) }.to raise_error(Karafka::Errors::DeliveryFailed) { |error|
      expect(error.delivered.map { |report| [report.topic, report.partition, report.offset] })
        .to eq([["t", 0, 0], ["t", 1, 1]])
      expect(error.failed.map { |failure| [failure.index, failure.topic, failure.error.code] })
        .to eq([[1, "t", "_UNKNOWN_PARTITION"], [3, "t", "_UNKNOWN_PARTITION"]])
    }
  end
end
