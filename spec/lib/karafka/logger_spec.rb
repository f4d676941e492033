# frozen_string_literal: true

require "json"
require "spec_helper"
require "stringio"
require "tmpdir"

RSpec.describe Karafka::Logger do
  let(:stdout) { StringIO.new }

  def device(path)
    described_class::Device.new(stdout, Pathname.new(path))
  end

  it "writes to standard output and to a file that it makes at the first line" do
    Dir.mktmpdir do |root|
      target = device("#{root}/log/test.log")
      expect(Dir.children(root)).to eq []
      target.write("one\n")
      target.write("two\n")
      expect([stdout.string, File.read("#{root}/log/test.log")]).to eq ["one\ntwo\n"] * 2
      target.close
    end
  end

  it "goes on with standard output when the file cannot be made" do
    Dir.mktmpdir do |root|
      File.write("#{root}/log", "a file where a directory should be")
      target = device("#{root}/log/test.log")
      2.times { target.write("line\n") }
      expect(stdout.string).to match(/\Aline\ncannot write .* logging to standard output only\nline\n\z/)
    end
  end

  # What a device gives on a disk that is full, and a pipe that nobody reads.
  def broken(error)
    Class.new(StringIO) { define_method(:write) { |*| raise error } }.new
  end

  it "writes to each though the other fails, and says so" do
    Dir.mktmpdir do |root|
      target = described_class::Device.new(broken(Errno::EPIPE), Pathname.new("#{root}/log/test.log"))
      expect { target.write("line\n") }.to raise_error(Errno::EPIPE)
      expect(File.read("#{root}/log/test.log")).to eq "line\n"
      File.symlink("/dev/full", "#{root}/full.log")
      expect { device("#{root}/full.log").write("line\n") }.to raise_error(Errno::ENOSPC)
      expect(stdout.string).to eq "line\n"
    end
  end

  describe described_class::JsonFormatter do
    let(:lines) { StringIO.new }
    let(:logger) { Logger.new(lines, formatter: described_class.new, progname: "shop") }

    def logged
      lines.string.lines.map { |line| JSON.parse(line) }
    end

    it "makes a line of JSON of a text, an error, and anything else" do
      logger.info("a\n\xFF")
      logger.error(IOError.new("gone").tap { |error| error.set_backtrace(["a.rb:1"]) })
      logger.warn({ a: 1 })
      logger.unknown("long " * 10_000)
      expect(logged.map { |line| line.values_at("level", "message") })
        .to eq([["info", "a\n\uFFFD"], ["error", "IOError: gone"], ["warn", { a: 1 }.inspect],
                ["any", "#{"long " * 6_400}..."]])
      expect(logged[1]["error"]).to eq("class" => "IOError", "message" => "gone", "backtrace" => ["a.rb:1"])
      expect(logged).to all(include("time", "pid", "thread", "progname" => "shop"))
    end
  end

  it "writes lines of the application as JSON, too, when that is the format" do
    script = <<~RUBY
      require "karafka_rs"
      Karafka.root = ARGV.first
      Karafka.logger.info("before")
      Karafka::App.config.log.format = :json
      Karafka.logger.info("mine")
      Karafka.monitor.instrument("app.running")
      Karafka.logger.formatter = ->(*, message) { "own \#{message}\n" }
      Karafka.logger.info("mine")
    RUBY
    Dir.mktmpdir do |root|
      ended = run_child(script, root, env: { "KARAFKA_ENV" => "development" })
      expect(ended.out.first).to match(/INFO -- : before/)
      expect(ended.out[1, 2].map { |line| JSON.parse(line).values_at("level", "event", "message") })
        .to eq([["info", nil, "mine"], ["info", "app.running", "running"]])
      expect(ended.out[3]).to eq("own mine")
      expect(File.readlines("#{root}/log/development.log", chomp: true)).to eq(ended.out)
    end
  end

  it "is quieter where it should be" do
    expect(described_class::LEVELS).to include("production" => Logger::ERROR, "development" => Logger::INFO)
  end
end
