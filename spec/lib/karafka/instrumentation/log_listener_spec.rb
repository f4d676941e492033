# frozen_string_literal: true

require "json"
require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe Karafka::Instrumentation::LogListener do
  include_context "with a fresh app"

  payload = {
    group: "g", topic: "t", partition: 1, partitions: [{ topic: "t", partition: 1 }], signal: "TERM", size: 3,
    offset: 5, first_offset: 4, last_offset: 6, from: 9, to: 4, attempt: 2, backoff: 10, code: "_TRANSPORT",
    message: "gone\nfar",
    error: RuntimeError.new("oops"), caller: String, count: 2, timeout: 10, running_jobs: 1, seconds: 5.25, lag: 7,
    key: "hush", payload: "hush", data: "hush", headers: { "hush" => "hush" }, options: { key: "hush" },
    threads: [{ name: "main", status: "run", backtrace: %w[a b] }], phase: "groups_left", time: 1.5,
    worker: "karafka-worker-1", replaced: true
  }

  def tell(event, payload)
    Karafka::App.config.logger.level = Logger::DEBUG
    Karafka.monitor
    log.truncate(0)
    log.rewind
    Karafka.monitor.instrument(event, payload)
    log.string.lines
  end

  Karafka::Instrumentation::EVENTS.each_key do |event|
    its = payload.merge(caller: event.start_with?("error") ? String : nil)

    %i[text json hash].each do |format|
      it "says one line at most about #{event}, as #{format}, without data" do
        Karafka::App.config.log.format = format
        lines = tell(event, its)
        expect(lines.size).to eq(described_class.respond_to?(:"on_#{event.tr(".", "_")}") ? 1 : 0)
        expect(lines.join).not_to include("hush")
        lines.each { |line| expect(JSON.parse(line)).to include("event" => event) } if format == :json
      end
    end

    it "says nothing about #{event} when that is off" do
      Karafka::App.config.log.levels = { event => :off }
      expect(tell(event, its)).to eq []
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
