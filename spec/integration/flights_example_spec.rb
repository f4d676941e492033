# frozen_string_literal: true

require "open3"
require "rbconfig"
require "timeout"
require "tmpdir"

# Owns the proof that the flights example does what it says, as a process of its own: right figures, also when batches
# come twice, and a verdict that can be wrong.
RSpec.describe "The flights example" do
  root = File.expand_path("../..", __dir__)

  # Runs the example and returns its output, its errors and its exit code.
  define_method(:flights) do |*ruby_options|
    command = [RbConfig.ruby, "-I", "lib", *ruby_options, "examples/flights/run.rb"]
    environment = { "LOG_LEVEL" => "warn", "KAFKA_BROKERS" => nil, "FLIGHTS_RATE" => nil, "FLIGHTS_SUFFIX" => nil }
    Open3.popen3(environment, *command, chdir: root, pgroup: true) do |input, output, errors, process|
      input.close
      texts = [output, errors].map { |stream| Thread.new { stream.read } }
      unless process.join(120)
        Process.kill(:KILL, process.pid)
        raise "the example did not end within 120 s: #{texts.map(&:value).join}"
      end
      [*texts.map(&:value), process.value.exitstatus]
    end
  end

  # As {flights}, with this code run first.
  def flights_with(code)
    Dir.mktmpdir do |folder|
      path = File.join(folder, "fault.rb")
      File.write(path, "require 'karafka_rs'\n#{code}")
      flights("-r", path)
    end
  end

  let(:right) do
    "verdict: OK, all 660 figures of 220 airports are those of the file; 296 alerts arrived once each, in order"
  end

  it "ends with the ten busiest airports, a verdict that says OK, and exit code 0" do
    output, errors, code = flights

    expect(errors).to eq("")
    expect(output.lines.last.chomp).to eq(right)
    expect(output).to match(/^20,000 of 20,000 flights, [\d,]+ records\/s$/)
    table = output.lines.grep(/^[A-Z]{3} /)
    expect(table.size).to eq(10)
    expect(table.first.split).to eq(["DFW", "1,103", "9.5", "min", "22"])
    expect(code).to eq(0)
  end

  it "counts nothing twice when batches and messages are delivered again" do
    output, errors, code = flights_with(<<~RUBY)
      # The first unit of each partition raises when all its work is done, the second before it begins.
      module Fault
        def call
          @calls = @calls.to_i + 1
          raise "again, before" if @calls == 3
          super
          raise "again, after" if @calls == 1
        end
      end
      Karafka::BaseController.prepend(Fault)
      Karafka.monitor.subscribe("app.initialized") { Karafka::App.config.kafka.pause_timeout = 0.05 }
    RUBY

    expect(errors.scan("again, after").size).to be >= 2
    expect(errors).to include("again, before")
    expect(output.lines.last.chomp).to eq(right)
    expect(code).to eq(0)
  end

  it "exits 1 with the differences when alerts are lost and doubled on the way" do
    output, _errors, code = flights_with(<<~RUBY)
      module Fault
        def respond(records)
          records = records.reject { |record| record["number"] == 222 }
          super(records.flat_map { |record| record["number"] == 689 ? [record, record] : [record] })
        end
      end
      Karafka.monitor.subscribe("app.initialized") { LateFlightsResponder.prepend(Fault) }
    RUBY

    expect(output.lines.last.chomp).to eq(
      "verdict: WRONG, differences from the file (2): DTW alert 222 was lost; DTW alert 689 came 2 times"
    )
    expect(code).to eq(1)
  end

  it "exits 1 when a figure is wrong" do
    output, _errors, code = flights_with(<<~RUBY)
      module Fault
        def plus(flight)
          super(flight["number"] == 0 ? flight.merge("delay" => 67) : flight)
        end
      end
      Karafka.monitor.subscribe("app.initialized") { Flights::Tally.prepend(Fault) }
    RUBY

    expect(output.lines.last).to match(/\Averdict: WRONG, differences from the file \(1\): DTW mean_delay is /)
    expect(code).to eq(1)
  end
end
