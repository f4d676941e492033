# frozen_string_literal: true

# Owns the soak as a whole: the broker in a process of its own, the consuming process that is watched, other members
# that join and leave all the time, the records, the verdict. Run by `rake soak`. Ends by itself, by count or by time,
# and leaves no process behind. Must not weigh on what it watches: the watched process counts, this one judges.
#
#   RECORDS=20000000 PARTITIONS=10 MINUTES=45 MALLOC_ARENA_MAX=2 rake soak

require "fileutils"
require "json"
require "karafka_rs"
require "tmpdir"
require_relative "child_process"
require_relative "feed"
require_relative "guests"
require_relative "report"

ROOT = File.expand_path("..", __dir__)
RECORDS = Integer(ENV.fetch("RECORDS", "20000000"))
PARTITIONS = Integer(ENV.fetch("PARTITIONS", "10"))
MINUTES = Float(ENV.fetch("MINUTES", "45"))
GROUPS = %w[json raw count].freeze

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

def ruby(environment = {}, *arguments, **options)
  ChildProcess.new(environment, RbConfig.ruby, "-I#{ROOT}/lib", *arguments, **options)
end

# @return [String] its addresses
def start_broker(folder)
  file = File.join(folder, "broker")
  topics = ["soak:#{PARTITIONS}", "answers:2", "echoes:2"].flat_map { |topic| ["--topic", topic] }
  broker = ruby({}, "#{ROOT}/exe/karafka", "broker", *topics, out: file)
  deadline = now + 20
  until (address = File.exist?(file) && File.read(file)[/\A(127\.0\.0\.1:\d+)\n/, 1])
    abort "soak: the broker did not start" unless broker.alive? && now < deadline
    sleep 0.05
  end
  address
end

# As every Ruby process with many threads is best run: glibc's malloc, left alone, keeps an arena for most of them, and
# each grows to its own peak.
ARENAS = { "MALLOC_ARENA_MAX" => ENV.fetch("MALLOC_ARENA_MAX", "2") }.freeze

def member(brokers, file)
  ruby(ARENAS, "#{ROOT}/soak/member.rb", brokers, file)
end

abort "soak: RECORDS must be a multiple of PARTITIONS" unless (RECORDS % PARTITIONS).zero?

Dir.mktmpdir("soak") do |folder|
  begun = now
  brokers = start_broker(folder)
  file = File.join(folder, "watched.json")
  watched = member(brokers, file)
  guests = Guests.new(folder) { |path| member(brokers, path) }
  feed = Feed.new(brokers, "soak", GROUPS.map { |group| "soak_#{group}" }, PARTITIONS, RECORDS)
  told = 0
  feed.run do |committed|
    if committed * 10 / RECORDS > told
      told = committed * 10 / RECORDS
      warn format("soak: %3<percent>d %% after %<seconds>d s", percent: told * 10, seconds: now - begun)
    end
    watched.alive? && now - begun < MINUTES * 60 or abort "soak: not done after #{MINUTES} minutes, or the member ended"
  end
  guests.stop
  watched.stop
  feed.close
  # For whoever wants to see the curve.
  FileUtils.mkdir_p(File.join(ROOT, "tmp"))
  FileUtils.cp(file, File.join(ROOT, "tmp", "soak.json"))
  read = ->(path) { JSON.parse(File.read(path)) }
  report = Report.new(read.call(file), guests.files.map(&read), RECORDS, PARTITIONS, GROUPS)
  report.print(now - begun)
  exit(report.good?)
end
