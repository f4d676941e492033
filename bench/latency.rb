# frozen_string_literal: true

# Owns one measurement of how long a record takes from the producer's call to `consume`, through the whole framework
# with its default settings. A process of its own; the producer is another one, bench/ceiling_latency.rs, which stamps
# each record with the clock that all processes share, so that it waits for nothing of this one. The topic must exist
# and be empty. Prints one line of JSON; a record that is missing or comes twice is an error. Compare with
# `ceiling_latency consume`, which does the same in Rust.
#
#   ruby -Ilib bench/latency.rb BROKERS TOPIC RATE WORKERS RECORDS

require "json"
require "karafka_rs"

BROKERS, TOPIC, *numbers = ARGV
RATE, WORKERS, RECORDS = numbers.map { |text| Integer(text) }
ROOT = File.expand_path("..", __dir__)
PRODUCER = File.join(ENV.fetch("CARGO_TARGET_DIR", "#{ROOT}/target"), "release", "examples", "ceiling_latency")
# Seconds without all records until the run is given up.
PATIENCE = 20

# What was waited for each record. The producer's first second is its warm-up and is not reported.
class Waits
  attr_reader :problem

  def initialize(warm_up, records)
    @warm_up = warm_up
    @waits = Array.new(warm_up + records)
    @left = @waits.size
    @lock = Mutex.new
  end

  def add(number, wait)
    @lock.synchronize do
      @problem = "record #{number} came twice, or is none of the #{@waits.size}" if @waits.fetch(number, 0)
      @waits[number] = wait
      @left -= 1
      Karafka::App.stop! if @left.zero? || @problem
    end
  end

  def report
    abort "latency: #{@problem || "#{@left} of #{@waits.size} records did not come"}" if @problem || @left.positive?

    sorted = @waits.drop(@warm_up).sort.map { |nanos| nanos / 1e6 }
    {
      count: sorted.size, p50_ms: at(sorted, 0.5), p99_ms: at(sorted, 0.99), max_ms: at(sorted, 1.0),
      mean_ms: (sorted.sum / sorted.size).round(3)
    }
  end

  private

  def at(sorted, share)
    sorted[[(sorted.size * share).to_i, sorted.size - 1].min].round(3)
  end
end

WAITS = Waits.new(RATE, RECORDS)

class LatencyController < Karafka::BaseController
  def consume
    now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
    number, sent = params.raw_payload.split
    WAITS.add(number.to_i, now - sent.to_i)
  end
end

Karafka::App.setup do |config|
  config.client_id = "bench"
  config.concurrency = WORKERS
  config.kafka.seed_brokers = BROKERS
  config.logger = Logger.new($stderr, level: :warn)
end
Karafka::App.consumer_groups.draw do
  consumer_group("latency-#{Process.pid}") { topic(TOPIC) { controller LatencyController } }
end
Karafka::App.boot!

producer = nil
Karafka.monitor.subscribe("partitions.assigned") do
  producer ||= Process.spawn(PRODUCER, "produce", BROKERS, TOPIC, RATE.to_s, RECORDS.to_s, out: File::NULL)
end
Karafka.monitor.subscribe("worker.failed") { Karafka::App.stop! }
limit = 1 + (RECORDS.to_f / RATE) + PATIENCE
Thread.new { sleep(limit) && Karafka::App.stop! } # the bound on a run that never ends
Karafka::Server.run
abort "latency: the producer failed" unless producer && Process.wait2(producer).last.success?
puts JSON.generate(WAITS.report)
