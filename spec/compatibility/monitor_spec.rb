# frozen_string_literal: true

# Owns the proof that a monitor written for Karafka 1.1 (`notice`, `notice_error`, inherited or not) hears what it heard
# there, and that the later way to subscribe works beside it.
RSpec.describe "A monitor of Karafka 1.1" do
  let(:noticed) { Queue.new }
  let(:logged) { StringIO.new }

  # As the documents of the time had it: a subclass that calls super.
  def app_monitor
    heard = noticed
    Class.new(Karafka::Monitor) do
      define_method(:notice) do |caller_class, options = {}|
        heard << [:notice, caller_class, options]
        super(caller_class, options)
      end

      define_method(:notice_error) do |caller_class, exception|
        heard << [:error, caller_class, exception]
        super(caller_class, exception)
      end
    end
  end

  def application(consumer, monitor = app_monitor.instance, responder = nil)
    broker("t" => 1, "out" => 1)
    text = logged
    setup_application do |config|
      config.monitor = monitor
      config.logger = Logger.new(text)
    end
    draw do
      topic :t do
        controller consumer
        responder responder
      end
    end
  end

  def taken
    Array.new(noticed.size) { noticed.pop }
  end

  def errors
    taken.filter_map { |kind, caller_class, error| [caller_class, error] if kind == :error }
  end

  it "is told of each message before it is consumed, of what is responded, and in that order" do
    answers = Class.new(Karafka::BaseResponder) do
      topic :out
      def respond(data) = respond_to(:out, data, key: "k")
    end
    heard = noticed
    consumer = controller do
      respond_with(params.payload)
      heard << [:consumed]
    end
    application(consumer, app_monitor.instance, answers)
    WaterDrop::SyncProducer.call('{"id":1}', topic: "t")
    serving { wait_until("the end") { noticed.size == 4 } }
    expect(taken).to match([
                             [:notice, consumer, be_a(Karafka::Params::ParamsBatch)],
                             [:notice, consumer, { data: [{ "id" => 1 }] }],
                             [:notice, answers, { topic: :out, data: { "id" => 1 }, options: { key: "k" } }],
                             [:consumed]
                           ])
  end

  it "is told of work that fails, then of what user code raised, once, and so is the log" do
    error = RuntimeError.new("no stock")
    consumer = controller { raise error if attempt == 1 }
    application(consumer)
    WaterDrop::SyncProducer.call("1", topic: "t")
    serving { wait_until("the second attempt") { noticed.size >= 3 } }
    kinds = taken
    expect(kinds.map(&:first)).to eq(%i[notice error notice])
    expect(kinds[1]).to eq([:error, Karafka::Connection::Consumer, error])
    expect(logged.string.scan("no stock").size).to eq(1)
  end

  it "is told of payloads that cannot be parsed, by the class that parses" do
    consumer = controller { params.retrieve! if attempt == 1 }
    application(consumer)
    WaterDrop::SyncProducer.call("{", topic: "t")
    heard = []
    serving { wait_until("both errors") { (heard += errors).size >= 2 } }
    expect(heard.map(&:first)).to eq([Karafka::Params::Params, Karafka::Connection::Consumer])
    expect(heard.map(&:last).uniq).to match([be_a(Karafka::Errors::ParserError)])
  end

  it "is told of trouble with the brokers" do
    application(controller { nil })
    Karafka::App.consumer_groups.clear
    Karafka::App.config.kafka.seed_brokers = %w[kafka://127.0.0.1:1]
    consumer = controller { nil }
    draw { topic(:t) { controller consumer } }
    error = nil
    serving { wait_until("the trouble") { (error = errors.first) } }
    expect(error).to match([Karafka::Connection::Consumer, be_a(Karafka::Errors::KafkaError)])
    expect(error.last.message).to match(/\At: _(TRANSPORT|ALL_BROKERS_DOWN)/)
  end

  it "finds the method that it is told of" do
    heard = noticed
    labels = Class.new(Karafka::Monitor) do
      define_method(:notice) { |*| heard << caller_label }
      define_method(:notice_error) { |*| heard << caller_label }
    end
    answers = Class.new(Karafka::BaseResponder) do
      topic :out
      def respond(data) = respond_to(:out, data)
    end
    application(controller { respond_with(1) }, labels.instance, answers)
    WaterDrop::SyncProducer.call("1", topic: "t")
    serving { wait_until("the labels") { noticed.size >= 3 } }
    expect(taken).to eq(%w[process respond_with respond_to])
  end

  it "may raise without holding up the work, and may be any object with the two methods" do
    foreign = Class.new do
      def notice(*) = raise("monitor is broken")
      def notice_error(*) = raise("monitor is broken")
    end.new
    log = Queue.new
    consumer = controller { attempt == 1 ? raise("boom") : log << params.offset }
    application(consumer, foreign)
    WaterDrop::SyncProducer.call("1", topic: "t")
    serving { wait_until("the second attempt") { log.size == 1 } }
    expect(logged.string).to include("monitor is broken")
  end

  it "that overrides nothing is told nothing, and the log holds no data" do
    log = Queue.new
    consumer = controller { log << params.payload }
    application(consumer, Class.new(Karafka::Monitor).instance)
    WaterDrop::SyncProducer.call('{"secret":1}', topic: "t")
    serving { wait_until("the message") { log.size == 1 } }
    expect(logged.string).to include("assigned t/0")
    expect(logged.string).not_to include("secret")
  end

  it "can be subscribed to, and the listener of 1.2 may be subscribed once more" do
    log = Queue.new
    consumer = controller { attempt == 1 ? raise("boom") : log << params.offset }
    application(consumer)
    Karafka.monitor.subscribe(Karafka::Instrumentation::Listener)
    failures = hear("worker.failed")
    WaterDrop::SyncProducer.call("1", topic: "t")
    serving { wait_until("the second attempt") { log.size == 1 } }
    expect(failures.map { |it| it[:error].message }).to eq(["boom"])
    expect(logged.string.scan("boom").size).to eq(1)
    expect(Karafka.monitor.available_events).to include("worker.failed", "app.stopped")
    expect { Karafka.monitor.subscribe("no.such") { nil } }.to raise_error(Karafka::Errors::UnregisteredMonitorEvent)
  end
end
