# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe Karafka::Monitor do
  include_context "with a fresh app"

  let(:monitor) { Class.new(described_class).instance }
  let(:seen) { [] }

  it "sends events to a block" do
    monitor.subscribe("worker.process") { |event| seen << [event.id, event[:topic], event[:time]] }
    monitor.instrument("worker.process", topic: "t")
    expect(seen).to eq [["worker.process", "t", nil]]
  end

  it "times a block and gives its result back" do
    monitor.subscribe("worker.process") { |event| seen << event[:time] }
    expect(monitor.instrument("worker.process") { 5 }).to eq 5
    expect(seen.first).to be_a(Float).and be >= 0
  end

  it "sends nothing when the block raises" do
    monitor.subscribe("worker.process") { seen << 1 }
    expect { monitor.instrument("worker.process") { raise "no" } }.to raise_error("no")
    expect(seen).to eq []
  end

  it "sends events to methods of an object, once" do
    listener = Struct.new(:seen) { def on_worker_process(event) = seen << event.id }.new(seen)
    2.times { monitor.subscribe(listener) }
    monitor.instrument("worker.process")
    monitor.unsubscribe(listener)
    monitor.instrument("worker.process")
    expect(seen).to eq ["worker.process"]
  end

  it "refuses events that do not exist" do
    expect { monitor.subscribe("worker.proces") { nil } }
      .to raise_error(Karafka::Errors::UnregisteredMonitorEvent, /did you mean worker.process\?/)
    expect { monitor.subscribe(Object.new) }.to raise_error(Karafka::Errors::UnregisteredMonitorEvent)
    expect(monitor.available_events).to include("worker.process", "error.occurred")
  end

  it "lets a method that is not written yet keep no other subscriber from hearing" do
    heard = []
    monitor.subscribe("worker.process") { |_| raise NotImplementedError, "later" }
    monitor.subscribe("worker.process") { |event| heard << event.id }
    monitor.instrument("worker.process") { nil }
    expect(heard).to eq(["worker.process"])
    expect(log.string).to include("NotImplementedError: later")
  end

  it "lets no subscriber break the work or other subscribers" do
    monitor.subscribe("worker.process") { raise "broken" }
    monitor.subscribe("worker.process") { seen << 1 }
    expect(monitor.instrument("worker.process") { 7 }).to eq 7
    expect(seen).to eq [1]
    expect(log.string).to include("subscriber of worker.process", "RuntimeError: broken")
  end

  it "makes an event of an error and logs it, without its cause" do
    begin
      begin
        raise "secret"
      rescue StandardError
        raise Karafka::Errors::ParserError, "bad"
      end
    rescue Karafka::Errors::ParserError => e
      Karafka.monitor.notice_error(Karafka::Params::Params, e)
    end
    expect(log.string).to include("Karafka::Params::Params: Karafka::Errors::ParserError: bad")
    expect(log.string).not_to include("secret")
  end

  describe "a monitor of 1.1" do
    def consume_and_respond
      responder = Class.new(Karafka::BaseResponder) do
        topic :out
        def respond(data) = respond_to(:out, data)
      end
      type = Class.new(Karafka::BaseController) { def consume = respond_with(params.payload) }
      WaterDrop.config.deliver = false
      controller = draw(type) { responder responder }.topics.first.build_controller
      controller.params_batch = [{ "value" => "[1]" }]
      controller.call
      [type, responder]
    end

    it "gets what happened when it overrides notice and notice_error" do
      own = Class.new(described_class) do
        attr_reader :notices, :errors

        def notice(caller_class, options = {}) = (@notices ||= []) << [caller_class, options]

        def notice_error(caller_class, exception)
          (@errors ||= []) << [caller_class, exception]
          super
        end
      end
      Karafka::App.config.monitor = own.instance
      type, responder = consume_and_respond
      expect(own.instance.notices).to match [
        [type, be_a(Karafka::Params::ParamsBatch)], [type, { data: [[1]] }],
        [responder, { topic: :out, data: [1], options: {} }]
      ]
      error = RuntimeError.new("oops")
      Karafka.monitor.notice_error(String, error)
      expect(own.instance.errors).to eq [[String, error]]
      expect(log.string).to include("String: RuntimeError: oops")
    end

    it "may be any object with the two methods" do
      foreign = Struct.new(:notices) do
        def notice(caller_class, options = {}) = notices << [caller_class, options]
        def notice_error(*) = nil
      end.new([])
      Karafka::App.config.monitor = foreign
      type, = consume_and_respond
      expect(foreign.notices.map(&:first)).to include(type)
      expect(Karafka.monitor).to be foreign
    end
  end

  it "knows whether anyone listens" do
    expect(monitor.listening?("controllers.process")).to be false
    monitor.subscribe("controllers.process") { nil }
    expect(monitor.listening?("controllers.process")).to be true
  end

  it "knows that nobody listens any more" do
    subscriber = ->(_event) {}
    monitor.subscribe("worker.process", &subscriber)
    expect(monitor.listening?("worker.process")).to be true
    monitor.unsubscribe(subscriber)
    expect(monitor.listening?("worker.process")).to be false
  end
end
