# frozen_string_literal: true

require "timeout"
require "karafka_rs/testing"

# Owns which trace code belongs to without OpenTelemetry: nesting, errors, threads, fibers.
RSpec.describe Karafka::Tracing do
  let(:one) { { "traceparent" => "00-11111111111111111111111111111111-1111111111111111-01" } }
  let(:two) { { "traceparent" => "00-22222222222222222222222222222222-2222222222222222-00" } }

  def trace
    described_class.current&.trace_id&.slice(0)
  end

  it "is none at first" do
    expect([described_class.current, described_class.headers]).to eq([nil, {}])
  end

  it "is that of the innermost headers, and afterwards what it was" do
    seen = [trace]
    result = described_class.with(one) do
      seen << trace
      described_class.with(two) { seen << trace << described_class.headers }
      seen << trace
      :result
    end
    expect([result, *seen, trace]).to eq([:result, nil, "1", "2", two, "1", nil])
  end

  it "is none within headers that have none, whatever is around them" do
    none = [{}, { "traceparent" => "nonsense" }, { "traceparent" => nil }, { "other" => "1" }]
    seen = described_class.with(one) { none.map { |headers| described_class.with(headers) { trace } } }
    expect(seen).to all(be_nil)
  end

  it "is restored however the block is left" do
    described_class.with(one) do
      expect { described_class.with(two) { raise NotImplementedError } }.to raise_error(NotImplementedError)
      catch(:out) { described_class.with(two) { throw :out } }
      [1].each { described_class.with(two) { break } }
      expect { Timeout.timeout(0.01) { described_class.with(two) { Queue.new.pop } } }.to raise_error(Timeout::Error)
      expect(trace).to eq("1")
    end
    expect(trace).to be_nil
  end

  it "is one for each thread and fiber" do
    described_class.with(one) do
      expect(Thread.new { trace }.value).to be_nil
      expect(Thread.new { described_class.with(two) { trace } }.value).to eq("2")
      fiber = Fiber.new { described_class.with(two) { Fiber.yield(trace) } }
      expect([fiber.resume, trace]).to eq(%w[2 1])
    end
  end

  it "is that of a message" do
    controller = Class.new(Karafka::BaseController).new
    controller.params_batch = [{ "value" => "1", "headers" => one }, { "value" => "2" }]
    first, second = *controller.send(:params_batch)
    expect([described_class.with(first) { trace }, described_class.with(second) { trace }]).to eq(["1", nil])
  end

  it "is that of the message which a spec feeds, and of none around it" do
    seen = []
    look = -> { seen << trace }
    type = Class.new(Karafka::BaseController) do
      include Karafka::Controllers::Callbacks

      after_poll { look.call }
      define_method(:consume) { look.call || true }
    end
    Karafka::App.setup do |config|
      config.client_id = "spec"
      config.kafka.seed_brokers = "h:1"
    end
    Karafka::App.consumer_groups.draw { topic(:t) { controller type } }
    Karafka::Testing.capture!
    karafka = Karafka::Testing::Session.new
    controller = karafka.controller_for(:t)
    [one, nil, two].each { |headers| karafka.produce("x", headers: headers) }
    after = described_class.with(two) { controller.consume && trace }
    expect([*seen, after, trace]).to eq(["1", nil, "2", nil, "2", nil])
  ensure
    Karafka::Testing.release!
  end

  it "is of nothing else" do
    [nil, 1, "traceparent", [], BasicObject.new].each do |source|
      expect { described_class.with(source) { raise "ran" } }
        .to raise_error(ArgumentError, /\ATracing\.with .+ cannot be; give a message, such as params or .+ headers\z/)
    end
  end

  it "is none when it is switched off" do
    described_class.with(one) do
      Karafka::App.config.tracing = false
      expect([trace, described_class.headers, described_class.with(two) { trace }]).to eq([nil, {}, nil])
    end
  end

  it "does not load OpenTelemetry" do
    expect(described_class.detect).to be_nil
    expect(defined?(OpenTelemetry)).to be_nil
  end
end
