# frozen_string_literal: true

require "json"

# Owns what spans there are where the application has OpenTelemetry, and that nothing that OpenTelemetry does can harm
# the work. In processes of their own, which load it.
RSpec.describe "Traces with OpenTelemetry" do
  # What each child begins with: OpenTelemetry set up, and what it records.
  let(:prelude) do
    <<~RUBY
      require "opentelemetry/sdk"
      require "json"

      SPANS = OpenTelemetry::SDK::Trace::Export::InMemorySpanExporter.new
      OpenTelemetry::SDK.configure do |config|
        config.add_span_processor(OpenTelemetry::SDK::Trace::Export::SimpleSpanProcessor.new(SPANS))
      end
      PARENTS = Array.new(9) { |number| format("00-%032x-%016x-01", number + 1, number + 1) }
      DONE = Queue.new

      # Serves until `DONE` has so many, then tells what was recorded.
      def finish(count = 0)
        if count.positive?
          server = Thread.new { Karafka::Server.run }
          result = Array.new(count) { DONE.pop }
          Karafka::App.stop!
          server.join
        end
        spans = SPANS.finished_spans.map do |span|
          { name: span.name, kind: span.kind, id: span.hex_span_id, parent: span.parent_span_id.unpack1("H*"),
            trace: span.hex_trace_id, attributes: span.attributes, failed: span.status.code == 2,
            status: span.status.description, links: span.links.to_a.map { |link| link.span_context.hex_span_id },
            events: span.events.to_a.map { |event| [event.name, event.attributes] } }
        end
        puts "result: \#{JSON.generate([spans, result])}"
      end

      def consuming(&consume)
        Class.new(Karafka::BaseController) { define_method(:consume, &consume) }
      end
    RUBY
  end
  before { broker("t" => 1, "answers" => 1) }

  def trace(script, env: {})
    ended = run_child(prelude + script, env: OpenTelemetryForChildren.env.merge(env))
    line = ended.out.grep(/\Aresult: /).first or raise "it told nothing: #{ended.err}"
    @told = JSON.parse(line.delete_prefix("result: "), symbolize_names: true)
    ended
  end

  # What the last child recorded.
  def spans
    @told[0]
  end

  # What its consumers put into `DONE`.
  def done
    @told[1]
  end

  def span(name)
    spans.select { |it| it[:name] == name }.then { |found| found.one? ? found.first : raise("#{found.size} #{name}") }
  end

  it "are a span for each call that produces, in the span at hand" do
    trace(<<~RUBY)
      application
      Karafka::App.boot!
      OpenTelemetry.tracer_provider.tracer("web").in_span("request") do
        producer = Karafka.producer
        producer.produce_sync(topic: "t", payload: nil, headers: { "a" => "b" }.freeze)
        producer.produce_async(topic: "answers", payload: "x").wait(10)
        producer.produce_many_sync([{ topic: "t", payload: "x" }.freeze, { topic: "t", payload: nil }].freeze)
        producer.produce_many_async([{ topic: "t", payload: "x" }, { topic: "answers", payload: "x" }])
        producer.produce_many_sync([])
      end
      finish
    RUBY
    sent = spans.reject { |it| it[:name] == "request" }
    expect(sent.map { |it| it.values_at(:name, :kind) })
      .to eq([%w[send\ t producer], %w[send\ answers producer], %w[send\ t producer], %w[send producer]])
    expect(sent.map { |it| it[:parent] }.uniq).to eq([span("request")[:id]])
    common = { "messaging.system": "kafka", "messaging.operation.name": "send", "messaging.operation.type": "send",
               "messaging.client.id": "child" }
    expect(sent.map { |it| it[:attributes] }).to eq(
      [
        { **common, "messaging.destination.name": "t", "messaging.kafka.message.tombstone": true,
                    "messaging.destination.partition.id": "0", "messaging.kafka.offset": 0 },
        { **common, "messaging.destination.name": "answers" },
        { **common, "messaging.destination.name": "t", "messaging.batch.message_count": 2 },
        { **common, "messaging.batch.message_count": 2 }
      ]
    )
    expect(sent.map { |it| it.values_at(:failed, :links, :events) }.uniq).to eq([[false, [], []]])
  end

  it "go with the messages, unless these have a trace of their own, which is linked to" do
    trace(<<~RUBY)
      application
      type = consuming { DONE << [params.raw_payload, params.headers] }
      routes { topic(:t) { controller type } }
      own = { "TraceParent" => PARENTS[0], "a" => "b" }.freeze
      Karafka.producer.produce_sync(topic: "t", payload: "0", headers: own)
      Karafka.producer.produce_many_sync([
        { topic: "t", payload: "1", headers: { "traceparent" => PARENTS[1] } },
        { topic: "t", payload: "2", headers: { a: "b" } }, { topic: "t", payload: "3" }
      ])
      # With more to carry than the message has.
      Karafka::Tracing.with("traceparent" => PARENTS[2], "tracestate" => "x=1") do
        Karafka.producer.produce_sync(topic: "t", payload: "4", headers: { "traceparent" => PARENTS[3] })
        Karafka.producer.produce_sync(topic: "t", payload: "5")
      end
      finish(6)
    RUBY
    one, many, _, last = spans.select { |it| it[:name] == "send t" }
    carried = "00-#{many[:trace]}-#{many[:id]}-01"
    expect(done).to eq(
      [["0", { TraceParent: format("00-%032x-%016x-01", 1, 1), a: "b" }],
       ["1", { traceparent: format("00-%032x-%016x-01", 2, 2) }],
       ["2", { a: "b", traceparent: carried }], ["3", { traceparent: carried }],
       ["4", { traceparent: format("00-%032x-%016x-01", 4, 4) }],
       ["5", { traceparent: format("00-%032x-%s-01", 3, last[:id]), tracestate: "x=1" }]]
    )
    expect([one, many].map { |it| it.values_at(:kind, :links) })
      .to eq([["client", [format("%016x", 1)]], ["producer", [format("%016x", 2)]]])
  end

  it "tell of messages that were not taken" do
    trace(<<~RUBY)
      application
      Karafka::App.boot!
      large = { topic: "t", payload: "SECRET" * 400_000 }
      [-> { Karafka.producer.produce_sync(**large) }, -> { Karafka.producer.produce_many_sync([large]) },
       -> { Karafka.producer.produce_async(topic: "t", payload: 5) }].each do |call|
        call.call
      rescue StandardError
        nil
      end
      finish
    RUBY
    expect(spans.map { |it| [it[:failed], it[:attributes][:"error.type"], it[:events].map(&:first)] }).to eq(
      [[true, "MSG_SIZE_TOO_LARGE", ["exception"]], [true, "MSG_SIZE_TOO_LARGE", ["exception"]],
       [true, "WaterDrop::Errors::InvalidMessageOptions", ["exception"]]]
    )
    expect(spans.to_s).not_to include("SECRET")
  end

  it "are a child of the sender's span for each message and attempt, and tell what failed but nothing of payloads" do
    trace(<<~RUBY)
      application
      type = consuming do
        Karafka.producer.produce_async(topic: "answers", payload: "x") if attempt == 2
        DONE << Karafka::Tracing.current.span_id
        raise Exception, "broken \\xFF" if attempt == 1
        params.payload if attempt == 2
      end
      routes { consumer_group(:g) { topic(:t) { controller type } } }
      Karafka.producer.produce_sync(topic: "t", payload: "{ SECRET", key: "SECRET", headers: { "h" => "SECRET" })
      finish(3)
    RUBY
    sent = span("send t")
    tries = spans.select { |it| it[:name] == "process t" }
    expect(tries.map { |it| it.values_at(:kind, :trace, :parent, :links) }.uniq)
      .to eq([["consumer", sent[:trace], sent[:id], [sent[:id]]]])
    expect(tries.map { |it| it[:id] }).to eq(done)
    expect(tries.map { |it| it[:attributes].values_at(:"karafka.attempt", :"error.type") })
      .to eq([[1, "Exception"], [2, "Karafka::Errors::ParserError"], [3, nil]])
    expect(tries.map { |it| it[:failed] }).to eq([true, true, false])
    type, message, stack = tries[0][:events].dig(0, 1).values_at(:"exception.type", :"exception.message",
                                                                 :"exception.stacktrace")
    expect([type, message]).to eq(["Exception", "broken \uFFFD"])
    expect(stack).to match(/:in .*consume/)
    expect(tries.last[:attributes]).to eq(
      "messaging.system": "kafka", "messaging.operation.name": "process", "messaging.operation.type": "process",
      "messaging.destination.name": "t", "messaging.destination.partition.id": "0", "messaging.client.id": "child",
      "messaging.consumer.group.name": "child_g", "messaging.kafka.offset": 0, "karafka.attempt": 3
    )
    expect(span("send answers")[:parent]).to eq(tries[1][:id])
    expect(spans.to_s).not_to include("SECRET")
  end

  it "are one span for a batch, linked once to each sender; a message of it may have its own" do
    batch = <<~RUBY
      application { |config| config.max_messages = 20 }
      type = consuming do
        params_batch.each { |params| Karafka::Tracing.with(params) { DONE << Karafka::Tracing.current.trace_id } }
      end
      routes { topic(:t) { controller(type); batch_consuming(true) } }
      headers = [PARENTS[0], PARENTS[1], PARENTS[0], "\\xFF", nil, PARENTS[2]]
      Karafka.producer.produce_many_sync(headers.map { |it| { topic: "t", payload: "x", headers: { "traceparent" => it } } })
      SPANS.reset
      finish(6)
    RUBY
    trace(batch)
    whole = spans.select { |it| it[:attributes][:"messaging.batch.message_count"] }
    expect(whole.sum { |it| it[:attributes][:"messaging.batch.message_count"] }).to eq(6)
    expect(whole.map { |it| it[:parent] }.uniq).to eq(["0" * 16])
    senders = Array.new(3) { |number| format("%016x", number + 1) }
    expect(whole.flat_map { |it| it[:links] }.uniq).to eq(senders)
    expect(whole).to all(satisfy { |it| it[:links].uniq == it[:links] })
    single = spans - whole
    expect(single.map { |it| it[:trace] }).to eq(done)
    expect(single.map { |it| it[:links].first }).to eq([*senders.values_at(0, 1, 0), nil, nil, senders[2]])
    # What has no sender is a part of the batch; what has is linked to the batch.
    expect(single.map { |it| it[:links][1] || it[:parent] }.uniq - whole.map { |it| it[:id] }).to eq([])

    trace(batch, env: { "OTEL_SPAN_LINK_COUNT_LIMIT" => "2" })
    whole = spans.select { |it| it[:attributes][:"messaging.batch.message_count"] }
    expect(whole.map { |it| it[:links].size }.max).to be <= 2
  end

  it "are known to those who hear of a failure, when they have ended" do
    [false, true].each do |batch|
      trace(<<~RUBY)
        application
        failing = consuming { raise KeyError if attempt == 1 }
        routes do
          topic(:t) do
            controller failing
            batch_consuming #{batch}
          end
        end
        Karafka.monitor.subscribe("worker.failed") { DONE << Karafka::Tracing.current.span_id }
        Karafka.producer.produce_sync(topic: "t", payload: "x", headers: { "traceparent" => PARENTS[0] })
        finish(1)
      RUBY
      failed = spans.select { |it| it[:failed] }
      expect(done).to eq(failed.map { |it| it[:id] })
    end
  end

  it "leave nothing on a worker for the next message or job" do
    trace(<<~RUBY)
      application { |config| config.concurrency = 1 }
      # Left behind by mistake, which OpenTelemetry tells.
      def leave = OpenTelemetry::Context.attach(OpenTelemetry::Context.current.set_value("left", true))
      OpenTelemetry.error_handler = ->(**) {}
      type = consuming do
        DONE << OpenTelemetry::Context.current.value("left")
        3.times { leave }
        Thread.exit if attempt == 1 && params.raw_payload == "1"
        raise KeyError if attempt == 1 && params.raw_payload == "2"
      end
      type.define_method(:on_assigned) { OpenTelemetry.tracer_provider.tracer("x").in_span("hook") { leave } }
      routes { topic(:t) { controller type } }
      Karafka.producer.produce_many_sync(Array.new(5) { |number| { topic: "t", payload: number.to_s } })
      finish(7)
    RUBY
    expect(done).to eq([nil] * 7)
    consumed = spans.select { |it| it[:name] == "process t" }
    expect(consumed.map { |it| it.values_at(:parent, :links) }.uniq)
      .to eq([span("send t")[:id]].map { |sender| [sender, [sender]] })
  end

  it "are none for a trace that is not recorded, which goes on as such" do
    trace(<<~RUBY, env: { "OTEL_TRACES_SAMPLER" => "parentbased_always_off" })
      application
      type = consuming { DONE << [params.headers["traceparent"], Karafka::Tracing.current.sampled?] }
      routes { topic(:t) { controller type } }
      Karafka.producer.produce_sync(topic: "t", payload: "x")
      finish(1)
    RUBY
    expect(spans).to eq([])
    expect(done).to match([[match(/\A00-\h{32}-\h{16}-00\z/), false]])
  end

  it "are none, and messages are as they were, when that is switched off" do
    trace(<<~RUBY)
      application { |config| config.tracing = false }
      type = consuming { DONE << params.headers }
      routes { topic(:t) { controller type } }
      OpenTelemetry.tracer_provider.tracer("web").in_span("request") do
        Karafka.producer.produce_sync(topic: "t", payload: "x")
        Karafka::Tracing.with("traceparent" => PARENTS[0]) { Karafka.producer.produce_sync(topic: "t", payload: "x") }
      end
      finish(2)
    RUBY
    expect([spans.map { |it| it[:name] }, done]).to eq([["request"], [{}, {}]])
  end

  it "never hold up the work: what OpenTelemetry raises is told where it tells its errors" do
    ended = trace(<<~RUBY)
      application
      broken = Object.new
      def broken.inject(*, **) = raise("inject")
      def broken.extract(*, **) = raise("extract")
      OpenTelemetry.propagation = broken
      told = Queue.new
      OpenTelemetry.error_handler = ->(exception:, message:) { told << exception.message }
      single = consuming { DONE << Karafka::Tracing.with(params) { params.raw_payload } }
      routes { topic(:t) { controller single } }
      Karafka.producer.produce_sync(topic: "t", payload: "1", headers: { "traceparent" => PARENTS[0] })
      Karafka.producer.produce_many_sync([{ topic: "t", payload: "2" }])
      finish(2)
      puts "told: \#{Array.new(told.size) { told.pop }.uniq.sort}"
    RUBY
    expect(done).to eq(%w[1 2])
    expect(ended.out.last).to eq('told: ["extract", "inject"]')
  end

  # Where it is looked for, each in a process that does nothing else.
  {
    "boot!" => "Karafka.producer\n%s\nKarafka::App.boot!", "a new producer" => "%s\nKarafka.producer",
    "a call" => "Karafka.producer\n%s\nKarafka::Tracing.detect"
  }.each do |what, order|
    it "are found by #{what}" do
      found = order.sub("%s") { prelude }
      ended = run_child(<<~RUBY, env: OpenTelemetryForChildren.env)
        application
        WaterDrop.setup { |config| config.kafka.seed_brokers = ENV["BROKERS"] }
        #{found}
        Karafka.producer.produce_sync(topic: "t", payload: "x")
        puts SPANS.finished_spans.map(&:name)
      RUBY
      expect(ended.out).to eq(["send t"]), ended.err
    end
  end

  it "tell no offset that Kafka has not told" do
    trace(<<~RUBY)
      producer = Karafka::Producer.new("bootstrap.servers" => ENV["BROKERS"], "acks" => "0")
      producer.produce_sync(topic: "t", payload: "x", partition: 0)
      finish
    RUBY
    expect(span("send t")[:attributes].slice(:"messaging.kafka.offset", :"messaging.destination.partition.id"))
      .to eq("messaging.destination.partition.id": "0")
  end

  it "are found when OpenTelemetry comes late, and not where nobody has set it up" do
    run = run_child(<<~RUBY, env: OpenTelemetryForChildren.env)
      application
      Karafka::App.boot!
      Karafka.producer.produce_sync(topic: "t", payload: "x")
      require "opentelemetry/sdk"
      puts "none: \#{Karafka::Tracing.detect.inspect}"
      # Without it, then: letter by letter.
      request = { "traceparent" => "cc-\#{"1" * 32}-\#{"2" * 16}-01-more" }
      puts "plain: \#{Karafka::Tracing.with(request) { Karafka::Tracing.headers == request }}"
      spans = OpenTelemetry::SDK::Trace::Export::InMemorySpanExporter.new
      OpenTelemetry::SDK.configure do |config|
        config.add_span_processor(OpenTelemetry::SDK::Trace::Export::SimpleSpanProcessor.new(spans))
      end
      Karafka::Tracing.detect
      Karafka.producer.produce_sync(topic: "t", payload: "x")
      puts "spans: \#{spans.finished_spans.map(&:name)}"
    RUBY
    expect(run.out).to eq(["none: nil", "plain: true", 'spans: ["send t"]']), run.err
  end
end
