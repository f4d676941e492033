# frozen_string_literal: true

# Owns one measurement of a start: from the moment the process is asked for to the first record in `consume`, for the
# framework and for the same join done by Rust alone, each in a new process and a new group, RUNS times in turn. The
# topic must hold a record. Prints one line of JSON with medians; `beyond_rust_ms` is what the framework adds to the
# join.
#
#   ruby -Ilib bench/boot.rb BROKERS TOPIC [RUNS]

require "json"
require "rbconfig"
require "karafka_rs"

BROKERS, TOPIC, mode, started = ARGV
ROOT = File.expand_path("..", __dir__)
CEILING = File.join(ENV.fetch("CARGO_TARGET_DIR", "#{ROOT}/target"), "release", "examples", "ceiling_latency")

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
end

def draw(group)
  Karafka::App.setup do |config|
    config.client_id = "bench"
    config.kafka.seed_brokers = BROKERS
    config.logger = Logger.new($stderr, level: :warn)
  end
  Karafka::App.consumer_groups.draw { consumer_group(group) { topic(TOPIC) { controller BootController } } }
  Karafka::App.boot!
end

class BootController < Karafka::BaseController
  class << self
    attr_accessor :arrived
  end

  def consume
    self.class.arrived ||= params.offset && now
    Karafka::App.stop!
  end
end

# The process that is measured.
def start_up(started)
  draw("boot-#{Process.pid}")
  Thread.new { sleep(20) && Karafka::App.stop! } # the bound on a run that never ends
  Karafka::Server.run
  arrived = BootController.arrived or abort "boot: no record of #{TOPIC} came"
  puts JSON.generate(boot_ms: (arrived - started) / 1e6)
end

# The same properties as the framework's, so that both ask the broker for the same.
def properties(round)
  Karafka::Setup::Librdkafka.consumer(Karafka::App.consumer_groups.first).map do |name, value|
    "#{name}=#{name == "group.id" ? "boot-rust-#{Process.pid}-#{round}" : value}"
  end
end

def millis(command)
  JSON.parse(IO.popen(command.map(&:to_s), &:read)).fetch("boot_ms")
rescue JSON::ParserError
  abort "boot: #{command.first(3).join(" ")} failed"
end

def plain
  before = now
  system(RbConfig.ruby, "-e", "", exception: true)
  (now - before) / 1e6
end

def median(numbers)
  numbers.sort[numbers.size / 2].round(1)
end

if mode == "start"
  start_up(Integer(started))
else
  draw("unused")
  rounds = Array.new(Integer(mode || 5)) do |round|
    {
      boot: millis([RbConfig.ruby, "-I#{ROOT}/lib", __FILE__, BROKERS, TOPIC, "start", now]),
      rust: millis([CEILING, "boot", TOPIC, now, *properties(round)]), plain: plain
    }
  end
  boot, rust, bare = %i[boot rust plain].map { |kind| rounds.map { |round| round[kind] } }
  puts JSON.generate(
    runs: rounds.size, boot_ms: median(boot), rust_boot_ms: median(rust), plain_ruby_start_ms: median(bare),
    beyond_rust_ms: median(boot.zip(rust).map { |ours, theirs| ours - theirs })
  )
end
