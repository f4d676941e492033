# frozen_string_literal: true

# Owns one measurement of a server that has partitions and nothing to do: processor time a second, memory over plain
# Ruby's, threads, and how often each kind of thread was woken. A process of its own; the topic must exist and be empty.
# Counts after SETTLE seconds, when what a start costs is over. Prints one line of JSON. Linux only. Compare with
# `ceiling_latency idle`, which does the same in Rust.
#
#   ruby -Ilib bench/idle.rb BROKERS TOPIC [SETTLE SECONDS]

require "json"
require "rbconfig"
require "karafka_rs"

BROKERS, TOPIC, *numbers = ARGV
SETTLE, SECONDS = numbers.empty? ? [5, 10] : numbers.map { |text| Integer(text) }
PLAIN = 'puts File.read("/proc/self/status")[/^VmRSS:\s+(\d+)/, 1]'

# What Linux tells of this process.
module Linux
  class << self
    def rss_kb
      File.read("/proc/self/status")[/^VmRSS:\s+(\d+)/, 1].to_i
    end

    def cpu_ms
      Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID, :float_millisecond)
    end

    # @return [Hash{String => Array<Numeric>}] by name of threads: how many, wake-ups, milliseconds of processor time
    def threads
      Dir["/proc/self/task/*"].each_with_object(Hash.new { |all, name| all[name] = [0, 0, 0.0] }) do |task, all|
        woken = File.read("#{task}/status")[/^voluntary_ctxt_switches:\s+(\d+)/, 1].to_i
        kind = all[File.read("#{task}/comm").chomp.sub(/\d+\z/, "N")]
        kind[0] += 1
        kind[1] += woken
        kind[2] += File.read("#{task}/schedstat").split.first.to_i / 1e6
      end
    end
  end
end

class IdleController < Karafka::BaseController
  def consume
    abort "idle: #{topic} is not empty"
  end
end

Karafka::App.setup do |config|
  config.client_id = "bench"
  config.kafka.seed_brokers = BROKERS
  config.logger = Logger.new($stderr, level: :warn)
end
Karafka::App.consumer_groups.draw do
  consumer_group("idle-#{Process.pid}") { topic(TOPIC) { controller IdleController } }
end
Karafka::App.boot!

assigned = Queue.new
Karafka.monitor.subscribe("partitions.assigned") { |event| assigned << event.payload[:partitions].size }
result = nil
observer = Thread.new do
  partitions = assigned.pop
  sleep(SETTLE) # what a start costs is over
  before = Linux.threads
  cpu = Linux.cpu_ms
  sleep(SECONDS) # the time that is measured
  cpu = Linux.cpu_ms - cpu
  threads = Linux.threads.to_h do |name, (count, woken, millis)|
    rates = [woken - before[name][1], millis - before[name][2]].map { |it| (it.to_f / SECONDS).round(3) }
    [name, { count: count, wakeups_per_second: rates[0], cpu_ms_per_second: rates[1] }]
  end
  rss = Linux.rss_kb
  plain = IO.popen([RbConfig.ruby, "-e", PLAIN], &:read).to_i
  result = {
    partitions: partitions, cpu_ms_per_second: (cpu / SECONDS).round(3), rss_kb: rss, plain_ruby_rss_kb: plain,
    over_plain_ruby_kb: rss - plain, threads: threads
  }
ensure
  Karafka::App.stop!
end
Karafka::Server.run
observer.join
puts JSON.generate(result || abort("idle: the group gave no partition"))
