# frozen_string_literal: true

# Owns that traces go on through Kafka without OpenTelemetry: from the record that is consumed to those that are
# produced meanwhile, and nowhere else.
RSpec.describe "Traces without OpenTelemetry" do
  let(:log) { Queue.new }
  let(:answers) { Queue.new }

  before { broker("t" => 1, "answers" => 1) }

  def parent(number)
    format("00-%032x-%016x-01", number, number)
  end

  # Consumes a topic with this, and everything that comes to `answers`.
  def application(topic = :t, batch: false, **settings, &consume)
    setup_application { |config| settings.each { |name, value| config.public_send(:"#{name}=", value) } }
    consumer = controller(log, &consume)
    hearing = controller(answers) { log << [params.raw_payload, params.headers] }
    draw do
      consumer_group(:answering) do
        topic(topic) do
          controller consumer
          batch_consuming batch
        end
        topic(:answers) { controller hearing }
      end
    end
  end

  # Messages with these headers, whose payloads are their numbers.
  def publish(*headers, topic: "t", partitions: 1)
    messages = headers.each_with_index.map do |given, number|
      { topic: topic, payload: number.to_s, headers: given, partition: number % partitions }
    end
    Karafka.producer.produce_many_sync(messages)
  end

  def answered(count)
    serving { wait_until("#{count} answers") { answers.size >= count } }
    Array.new(count) { answers.pop }.sort_by { |payload, _| payload.to_i }
  end

  it "go on with whatever is produced while a message is consumed" do
    responder = Class.new(Karafka::BaseResponder) do
      topic :answers
      def respond = respond_to(:answers, 5)
    end
    application do
      Karafka.producer.produce_sync(topic: "answers", payload: "0")
      Karafka.producer.produce_async(topic: "answers", payload: "1", headers: { "a" => "b" }.freeze, handle: false)
      Karafka.producer.produce_many_sync([{ topic: "answers", payload: "2" }.freeze].freeze)
      Karafka.producer.produce_many_async([{ topic: "answers", payload: "3", headers: { a: nil } }])
      WaterDrop::SyncProducer.call("4", topic: "answers")
      responder.call
      Karafka.producer.produce_sync(topic: "answers", payload: "6", headers: { "TraceParent" => "mine" })
      Karafka::Tracing.with({}) { Karafka.producer.produce_sync(topic: "answers", payload: "7") }
    end
    trace = { "traceparent" => parent(1), "tracestate" => "congo=t61" }
    publish(trace.merge("other" => "stays here"))
    expect(answered(8).map(&:last)).to eq(
      [trace, { "a" => "b", **trace }, trace, { "a" => nil, **trace }, trace, trace, { "TraceParent" => "mine" }, {}]
    )
  end

  it "are understood as other clients write them, and never in the way" do
    application { Karafka.producer.produce_sync(topic: "answers", payload: params.raw_payload) }
    odd = [nil, {}, { "traceparent" => nil }, { "traceparent" => "\xFF\x00".b }, { "traceparent" => "1" * 55 },
           { "traceparent" => "" }, { "tracestate" => "a=1" }]
    publish({ "TRACEPARENT" => parent(1).b, "Tracestate" => "a=1" }, *odd, { "traceparent" => parent(2) })
    trace = { "traceparent" => parent(1), "tracestate" => "a=1" }
    expect(answered(9).map(&:last)).to eq([trace, *[{}] * odd.size, { "traceparent" => parent(2) }])
  end

  it "are not mixed up by several workers, nor left behind by a message that had one" do
    broker("t4" => 4)
    application(:t4) do
      Thread.pass
      Karafka.producer.produce_async(topic: "answers", payload: params.raw_payload, handle: false)
      Thread.pass
      # A fiber of its own is still this message's.
      fiber = Fiber.new { Karafka.producer.produce_async(topic: "answers", payload: params.raw_payload, handle: false) }
      fiber.resume
    end
    # Every third has none.
    given = Array.new(200) { |number| { "traceparent" => parent(number) } unless (number % 3).zero? }
    publish(*given, topic: "t4", partitions: 4)
    expect(answered(2 * given.size).map(&:last)).to eq(given.flat_map { |headers| [headers.to_h] * 2 })
  end

  it "are those of the message at hand when it fails, and when it comes again" do
    traces = Queue.new
    application do
      log << [attempt, Karafka::Tracing.current&.span_id&.to_i]
      raise KeyError if params.raw_payload == "1" && attempt == 1
    end
    hear("worker.failed") { traces << Karafka::Tracing.current&.trace_id }
    publish({ "traceparent" => parent(1) }, { "traceparent" => parent(2) }, nil)
    serving { wait_until("all came") { log.size == 4 } }
    expect(Array.new(4) { log.pop }).to eq([[1, 1], [1, 2], [2, 2], [1, nil]])
    expect([traces.size, traces.pop]).to eq([1, parent(2)[3, 32]])
  end

  it "do not stay on a worker when their message has failed" do
    broker("batches" => 1)
    application(concurrency: 1) do
      log << :failed
      raise KeyError
    end
    seen = Queue.new
    batches = controller { seen << Karafka::Tracing.current }
    draw do
      consumer_group(:other) do
        topic(:batches) do
          controller batches
          batch_consuming true
        end
      end
    end
    publish({ "traceparent" => parent(1) })
    serving do
      wait_until("it failed") { log.size.positive? }
      publish({ "traceparent" => parent(2) }, topic: "batches")
      wait_until("the batch came") { seen.size.positive? }
    end
    expect(seen.pop).to be_nil
  end

  it "end with the message: threads that go on, hooks and callbacks have none" do
    seen = Queue.new
    look = ->(place) { seen << [place, Karafka::Tracing.current&.trace_id&.to_i] }
    consumer = Class.new(Karafka::BaseController) do
      include Karafka::Controllers::Callbacks

      after_fetched { look.call(:after_fetched) }
      after_poll { look.call(:after_poll) }
      define_method(:on_assigned) { look.call(:on_assigned) }
      define_method(:consume) { Thread.new { look.call(:thread) }.join && look.call(:consume) }
    end
    setup_application
    draw { topic(:t) { controller consumer } }
    publish({ "traceparent" => parent(7) })
    serving { wait_until("a turn is over") { seen.size >= 5 } }
    expect(Array.new(5) { seen.pop })
      .to eq([[:on_assigned, nil], [:after_fetched, 7], [:thread, nil], [:consume, 7], [:after_poll, nil]])
  end

  it "are not chosen for a batch, whose messages may have several; user code says which" do
    application(batch: true) do
      Karafka.producer.produce_sync(topic: "answers", payload: "0")
      params_batch.each do |params|
        Karafka::Tracing.with(params) { Karafka.producer.produce_sync(topic: "answers", payload: params.raw_payload) }
      end
      Karafka.producer.produce_sync(topic: "answers", payload: "9")
    end
    publish(nil, { "traceparent" => parent(1) }, { "traceparent" => parent(2) }, nil)
    found = answered(6).map { |payload, headers| [payload, headers["traceparent"]] }
    expect(found).to match_array([["0", nil], ["0", nil], ["1", parent(1)], ["2", parent(2)], ["3", nil], ["9", nil]])
  end

  it "do not go on when that is switched off" do
    application(tracing: false) { Karafka.producer.produce_sync(topic: "answers", payload: params.raw_payload) }
    publish({ "traceparent" => parent(1) })
    expect(answered(1)).to eq([["0", {}]])
  end

  it "change nothing of what is wrong with a message" do
    WaterDrop.setup { |config| config.kafka.seed_brokers = broker.bootstrap_servers }
    calls = [
      -> { Karafka.producer.produce_sync(topic: "t", payload: "x", headers: 5) },
      -> { Karafka.producer.produce_async(topic: nil, payload: "x") },
      -> { Karafka.producer.produce_many_sync("t") },
      -> { Karafka.producer.produce_many_async([1]) },
      -> { Karafka.producer.produce_many_sync([{ topic: "t", headers: { 1 => "x" } }]) },
      -> { Karafka.producer.produce_many_sync([{ topic: "t", payload: "x" * 2_000_000 }]) }
    ]
    told = lambda do
      calls.map do |call|
        call.call
      rescue StandardError => e
        # The trace has a size of its own.
        [e.class, e.message.sub(/2000\d{3} bytes/, "all bytes"), e.respond_to?(:failed) && e.failed.map(&:index)]
      end
    end
    plain = told.call
    expect(plain.map(&:first).uniq).to eq([WaterDrop::Errors::InvalidMessageOptions, Karafka::Errors::DeliveryFailed])
    expect(Karafka::Tracing.with("traceparent" => parent(1), &told)).to eq(plain)
  end

  it "cost no object for a record that has none to carry" do
    WaterDrop.setup { |config| config.kafka.seed_brokers = broker.bootstrap_servers }
    producer = Karafka.producer
    # From here on producing looks for a trace.
    Karafka::Tracing.with({}) { producer.produce_sync(topic: "t", payload: "x") }
    payload = "x"
    count = lambda do
      GC.start
      GC.disable
      before = GC.stat(:total_allocated_objects)
      1_000.times { producer.produce_async(topic: "t", payload: payload, handle: false) }
      GC.stat(:total_allocated_objects) - before
    ensure
      GC.enable
    end
    count.call
    expect(count.call).to be <= 20
  end
end
