# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe Karafka::Instrumentation::LogListener do
  include_context "with a fresh app"

  payload = {
    group: "g", topic: "t", partition: 1, partitions: [{ topic: "t", partition: 1 }], signal: "TERM", size: 3,
    offset: 5, first_offset: 4, last_offset: 6, attempt: 2, backoff: 10, code: "_TRANSPORT", message: "gone",
    error: RuntimeError.new("oops"), caller: String, count: 2, timeout: 10, running_jobs: 1, key: "hush",
    payload: "hush", data: "hush", facility: "FAIL"
  }

  Karafka::Instrumentation::EVENTS.each_key do |event|
    it "says one line at most about #{event}, without data" do
      Karafka::App.config.logger.level = Logger::DEBUG
      Karafka.monitor
      log.truncate(0)
      Karafka.monitor.instrument(event, payload.merge(caller: event.start_with?("error") ? String : nil))
      expect(log.string.lines.size).to be <= 1
      expect(log.string).not_to include("hush")
    end
  end

  it "has methods for events that exist only" do
    names = Karafka::Instrumentation::EVENTS.keys.map { |event| :"on_#{event.tr(".", "_")}" }
    expect(described_class.public_methods(false).grep(/\Aon_/) - names).to eq []
  end

  it "says what failed, where, and when it comes again" do
    Karafka.monitor.instrument("worker.failed", payload)
    expect(log.string).to include("g t/1: RuntimeError: oops; attempt 2 from offset 5, again in 10 s")
  end

  it "can be silenced" do
    Karafka.monitor.unsubscribe(described_class)
    Karafka.monitor.instrument("worker.failed", payload)
    expect(log.string).to eq ""
  end
end
