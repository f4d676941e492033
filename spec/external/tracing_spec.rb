# frozen_string_literal: true

require_relative "support/ring"
require_relative "support/opentelemetry_python"

# Owns the proof that traces are understood both ways by an OpenTelemetry that is not Ruby's, through a real broker.
RSpec.describe "Traces between clients" do
  let(:python) { Foreign::OpenTelemetryPython }
  let(:asked) { create_topic(1) }
  let(:answers) { create_topic(1) }

  before { skip python.missing if python.missing }

  # Answers two records, in a process of its own, with this before it.
  def answer(setup = "", env: {})
    ended = run_child(<<~RUBY, env: { "ASKED" => asked, "ANSWERS" => answers, **env })
      #{setup}
      done = Queue.new
      answering = Class.new(Karafka::BaseController) do
        define_method(:consume) do
          Karafka.producer.produce_sync(topic: ENV["ANSWERS"], payload: params.raw_payload, partition: 0)
          done << Karafka::Tracing.current.trace_id
        end
      end
      application { |config| config.client_id = ENV["ASKED"] }
      routes { topic(ENV["ASKED"]) { controller answering } }
      server = Thread.new { Karafka::Server.run }
      2.times { puts "trace: \#{done.pop}" }
      Karafka::App.stop!
      server.join
      if defined?(SPANS)
        sent = SPANS.finished_spans.select { |span| span.name.start_with?("send") }
        sent.each { |span| puts "span: \#{span.hex_span_id}" }
      end
    RUBY
    raise ended.err unless ended.code.zero?

    ended.out
  end

  it "go on as they were without OpenTelemetry" do
    sent = %w[one two].map { |payload| python.send_record(servers, asked, payload) }
    told = answer
    read = python.read(servers, answers, 2)
    expect(read.map { |it| it.values_at("trace_id", "span_id") })
      .to eq(sent.map { |it| it.values_at("trace_id", "span_id") })
    expect(read.map { |it| it.values_at("valid", "sampled", "payload") })
      .to eq([[true, true, "one"], [true, true, "two"]])
    expect(told).to eq(sent.map { |span| "trace: #{span["trace_id"]}" })
  end

  it "go on in spans of ours with OpenTelemetry" do
    sent = %w[one two].map { |payload| python.send_record(servers, asked, payload) }
    told = answer(<<~RUBY, env: OpenTelemetryForChildren.env)
      require "opentelemetry/sdk"
      SPANS = OpenTelemetry::SDK::Trace::Export::InMemorySpanExporter.new
      OpenTelemetry::SDK.configure do |config|
        config.add_span_processor(OpenTelemetry::SDK::Trace::Export::SimpleSpanProcessor.new(SPANS))
      end
    RUBY
    read = python.read(servers, answers, 2)
    expect(read.map { |it| it["trace_id"] }).to eq(sent.map { |span| span["trace_id"] })
    expect(read.map { |it| "span: #{it["span_id"]}" }).to eq(told.grep(/\Aspan/))
  end
end
