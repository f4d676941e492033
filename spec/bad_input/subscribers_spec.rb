# frozen_string_literal: true

# Owns the proof that nobody is subscribed to what does not exist, or in a way that would fail when the event comes.
RSpec.describe "Bad input: subscribers" do
  let(:monitor) { Class.new { include Karafka::Instrumentation::Notifications }.new }
  let(:unregistered) { Karafka::Errors::UnregisteredMonitorEvent }

  # An object with this method.
  def listener(name, &body)
    Object.new.tap { |it| it.define_singleton_method(name, &body) }
  end

  {
    "worker.proces" => "did you mean worker.process?", "" => "known names", " " => "known names",
    "worker.process\n" => "did you mean worker.process?", "worker\0" => 'event "worker\u0000"',
    "\xFF" => 'event "\xFF"', "worker.process": 'write "worker.process"',
    worker_process: "did you mean worker.process?",
    "a".encode(Encoding::UTF_16LE) => 'event "a"'
  }.each do |name, shown|
    it "are not taken for the event #{name.inspect}" do
      refused(unregistered, shown, cure: /; \S/) { monitor.subscribe(name) { nil } }
      refused(unregistered, shown, cure: /; \S/) { monitor.subscribe(name) }
    end
  end

  odd = BadInput::ODD.merge("nil" => [nil, "nil"], "a Hash" => [{}, "{}"], "a Class" => [String, "String"])
  odd.each do |what, (value, shown)|
    it "are not #{what}" do
      refused(unregistered, shown, "write for example `def on_worker_process(event)`") { monitor.subscribe(value) }
    end
  end

  it "are not taken without a block" do
    refused(ArgumentError, 'subscribe("worker.process") got no block') { monitor.subscribe("worker.process") }
  end

  it "are not an object and a block at once" do
    listening = listener(:on_app_running) { |_| nil }
    refused(ArgumentError, "and a block; give the name") { monitor.subscribe(listening) { nil } }
  end

  { 0 => -> {}, 2 => ->(_, _) {}, 3 => ->(_, _, *) {} }.each do |count, body|
    it "are not methods and lambdas of #{count} arguments" do
      listening = listener(:on_app_running, &body)
      refused(ArgumentError, "on_app_running takes #{count} arguments") { monitor.subscribe(listening) }
      refused(ArgumentError, "subscriber of app.running takes #{count}") { monitor.subscribe("app.running", &body) }
      expect(monitor).not_to be_listening("app.running")
    end
  end

  ["app.running", :"app.running", ""].each do |name|
    it "are not ended by the name #{name.inspect}" do
      refused(ArgumentError, name.inspect, "give the block or the object") { monitor.unsubscribe(name) }
    end
  end

  it "may be blocks and lambdas with one argument, with none and with many" do
    heard = []
    monitor.subscribe("app.running") { heard << 1 }
    monitor.subscribe("app.running") { |event| heard << event.id }
    monitor.subscribe("app.running", &->(event, *) { heard << event.id })
    monitor.subscribe(listener(:on_app_running) { |*events| heard << events.size })
    monitor.instrument("app.running")
    expect(heard).to eq [1, "app.running", "app.running", 1]
  end
end
