# frozen_string_literal: true

require "json"
require "spec_helper"
require "stringio"
require_relative "../../fresh_app"

RSpec.describe Karafka::Instrumentation::LogLine do
  include_context "with a fresh app"

  let(:settings) { Karafka::App.config.log }

  def fail_with(error, **more)
    Karafka.monitor.instrument("worker.failed", group: "g", topic: "t", partition: 1, offset: 5, attempt: 2,
                                                error: error, backoff: 0.5, **more)
    log.string
  end

  def raised(text)
    raise IOError, text
  rescue IOError => e
    e
  end

  describe "as JSON" do
    before { settings.format = :json }

    it "has when, what, where and who, and the error with its backtrace" do
      before = Time.now
      error = raised("two\nlines")
      line = JSON.parse(fail_with(error))
      expect(line.keys)
        .to eq(%w[time level event message group topic partition offset attempt backoff error pid thread])
      expect(line["time"]).to match(/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/)
      expect(Time.new(*line["time"].scan(/\d+/).first(5), line["time"][/[\d.]+(?=Z)/].to_r, "UTC"))
        .to be_between(before - 1, Time.now)
      expect(line).to include("level" => "error", "event" => "worker.failed", "group" => "g", "topic" => "t",
                              "partition" => 1, "offset" => 5, "attempt" => 2, "backoff" => 0.5,
                              "pid" => Process.pid, "thread" => "main")
      expect(line["message"]).to eq("g t/1: IOError: two lines; attempt 2 from offset 5, again in 0.5 s")
      expect(line["error"]).to eq("class" => "IOError", "message" => "two\nlines", "backtrace" => error.backtrace)
    end

    it "has how long something took, and the names of partitions" do
      settings.levels = { "worker.process" => :info }
      Karafka.monitor.instrument("worker.process", group: "g", topic: "t", partition: 1, size: 3, time: 1.23456)
      held = [{ topic: "t", partition: 1, offset: 9 }]
      Karafka.monitor.instrument("partitions.assigned", group: "g", partitions: held)
      first, second = log.string.lines.map { |line| JSON.parse(line) }
      expect(first).to include("level" => "info", "size" => 3, "duration_ms" => 1.235)
      expect(second).to include("partitions" => ["t/1"])
    end

    {
      "bytes that are no UTF-8" => "a \xFF\xFE z", "binary" => "a \xFF\x00 z".b, "UTF-16" => "a ż z".encode("UTF-16"),
      "UTF-7, which Ruby cannot read" => "a z".dup.force_encoding("UTF-7"), "NUL and escapes" => "a \0\e[31m z",
      "lines" => "a\r\n\v\f\u0085\u2028\u2029 z", "quotes" => "a \"}\\ z", "half a character" => "a z \xC5",
      "many bytes" => "a z #{"ż" * 10_000_000}", "many lines" => "a z#{"\n" * 100_000}", "nothing" => ""
    }.each do |what, text|
      it "is one line of valid JSON when an error says #{what}" do
        raw = fail_with(RuntimeError.new(text))
        expect(raw.lines.size).to eq 1
        expect(raw.split(/[\u0085\u2028\u2029\r\n]/).size).to eq 1
        expect(raw.bytesize).to be < 64 * 1024
        expect(raw.dup.force_encoding("UTF-8")).to be_valid_encoding
        line = JSON.parse(raw)
        expect(line["error"]["message"]).to(what == "nothing" ? eq("") : match(/\Aa.*z|\Aa z/m))
      end
    end

    it "is one when an error cannot say what it is" do
      silent = Class.new(StandardError) { def message = raise("not even that") }
      nothing = Class.new(StandardError) { def message = nil }
      odd = Class.new(StandardError) { def backtrace = ["a\nb", "\xFF"] * 1_000 }
      [silent, nothing, odd].each { |type| fail_with(type.new) }
      errors = log.string.lines.map { |line| JSON.parse(line)["error"] }
      expect(errors.first(2).map { |it| it["message"] })
        .to eq(["its message cannot be read, that raised RuntimeError", ""])
      expect(errors.last["backtrace"]).to eq(["a b", "\uFFFD"] * 25)
    end

    it "is one when numbers are none" do
      line = JSON.parse(fail_with(RuntimeError.new("a"), seconds: Float::NAN, lag: -Float::INFINITY))
      expect(line).to include("seconds" => "NaN", "lag" => "-Infinity")
    end

    it "leaves out what may be a message's, whatever event brings it" do
      data = { key: 7, payload: { user: 1 }, headers: { "a" => "b" }, data: [1], options: { key: 1 }, value: "secret",
               record: "secret", nested: { key: "secret" } }
      expect(JSON.parse(fail_with(RuntimeError.new("a"), **data)).keys & data.keys.map(&:to_s)).to eq []
    end

    it "passes by the formatter of the logger, and by what it writes in front" do
      own = ->(_severity, _time, _progname, message) { "[tag] #{message}\n" }
      Karafka::App.config.logger.formatter = own
      expect(JSON.parse(fail_with(raised("a")))).to include("event" => "worker.failed")
      expect(Karafka::App.config.logger.formatter).to be own
    end

    it "keeps to the level of the logger" do
      Karafka::App.config.logger.level = Logger::FATAL
      expect(fail_with(raised("a"))).to eq ""
    end
  end

  it "is a Hash for a logger that takes one" do
    settings.format = :hash
    lines = []
    Karafka::App.config.logger.formatter = ->(severity, _time, _progname, message) { lines << severity << message }
    fail_with(error = raised("a"))
    expect(lines.first).to eq("ERROR")
    expect(lines.last).to eq(
      message: "g t/1: IOError: a; attempt 2 from offset 5, again in 0.5 s", event: "worker.failed", group: "g",
      topic: "t", partition: 1, offset: 5, attempt: 2, backoff: 0.5,
      error: { class: "IOError", message: "a", backtrace: error.backtrace }
    )
  end

  describe "as text" do
    it "is one line too, cut where it is too long, so that no error writes lines of its own" do
      forged = "gone\nI, [2026] INFO -- : all is well \xFF#{"x" * 5_000}"
      text = fail_with(raised(forged))
      expect(text.lines.size).to eq 1
      expect(text).to include("IOError: gone I, [2026] INFO").and include("xxx...")
    end

    it "ends with where the error comes from" do
      expect(fail_with(raised("a"))).to match(/again in 0.5 s \(#{__FILE__}:\d+:in `raised' < .*\)$/)
    end
  end

  # A logger has to answer two methods only.
  it "takes a logger that has info and error alone" do
    lines = []
    bare = Class.new do
      define_method(:info) { |text| lines << [:info, text] }
      define_method(:error) { |text| lines << [:error, text] }
    end
    Karafka::App.config.logger = bare.new
    Karafka.monitor.instrument("app.warning", message: "a")
    Karafka.monitor.instrument("connection.error", group: "g", code: "C", message: "b", fatal: true)
    Karafka.monitor.instrument("worker.process", group: "g", topic: "t", partition: 1)
    settings.format = :json
    Karafka.monitor.instrument("app.running")
    expect(lines.first(2)).to eq([[:info, "a"], [:error, "g: C b"]])
    expect(lines[2..].map { |level, line| [level, JSON.parse(line)["event"]] }).to eq([[:info, "app.running"]])
  end

  it "tells an event at the level that is set for it" do
    settings.levels = { "app.running" => :warn, "app.stopping" => :off, "worker.failed" => :debug }
    Karafka::App.config.logger.level = Logger::INFO
    %w[app.running app.stopping].each { |event| Karafka.monitor.instrument(event) }
    fail_with(raised("a"))
    expect(log.string).to match(/\AW, .* WARN -- : running\n\z/)
  end
end
