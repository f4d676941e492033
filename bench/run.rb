# frozen_string_literal: true

# Owns the benchmark as a whole: the broker in a process of its own, the records, the rounds, the table. Every way runs
# in a process of its own, one after the other in each round, so that what else the machine does hits all of them alike:
# compare the ratios, not the absolute numbers. Run by `rake bench`, which builds what is measured. Must leave no
# process behind. With fewer than some 200,000 records the start is measured, not the flow.
#
#   RECORDS=1000000 PARTITIONS=40 ROUNDS=5 ONLY=count,raw rake bench

require "json"
require "etc"
require "fileutils"
require "karafka_rs"
require_relative "child"
require_relative "table"

ROOT = File.expand_path("..", __dir__)
RECORDS = Integer(ENV.fetch("RECORDS", "1000000"))
# The embedded broker keeps 5 MB of a partition: the records must fit, with something for their frames.
PARTITIONS = Integer(ENV.fetch("PARTITIONS", "40"))
ROUNDS = Integer(ENV.fetch("ROUNDS", "5"))
ONLY = ENV["ONLY"]&.split(",")
TOPIC = "bench"
CEILING = File.join(ENV.fetch("CARGO_TARGET_DIR", File.join(ROOT, "target")), "release", "examples", "ceiling")

# Name in the table => program and its mode.
CEILINGS = {
  "Rust, record by record" => %w[ceiling base], "Rust, batch call" => %w[ceiling batch],
  "Rust, batch call on each queue" => %w[ceiling split]
}.freeze
CONSUMERS = CEILINGS.merge(
  "our core, driven from Rust" => %w[ceiling core],
  "count (params_batch.size)" => %w[consume count], "each, raw_payload" => %w[consume raw],
  "raw_payloads" => %w[consume raws], "message by message, raw" => %w[consume single],
  "each, payload (JSON)" => %w[consume json]
).freeze
# With how many records each is measured: a synchronous one takes a round trip for each.
PRODUCERS = {
  "async, no handle" => ["fire", RECORDS / 5], "async, handles, wait all" => ["handles", RECORDS / 5],
  "sync" => ["sync", RECORDS / 100]
}.freeze
# The least that a way may reach of the ceiling, and the most objects it may make for a record.
TARGETS = { "count (params_batch.size)" => [0.6, 0.05], "each, raw_payload" => [0.4, 2.05] }.freeze

def ruby(script, mode, brokers, *rest)
  [RbConfig.ruby, "-I#{ROOT}/lib", "#{ROOT}/bench/#{script}.rb", mode, brokers, *rest.map(&:to_s)]
end

# The same properties as the framework's, so that both loops ask the broker for the same.
def properties(brokers, group)
  Karafka::App.setup do |config|
    config.client_id = "bench"
    config.kafka.seed_brokers = brokers
  end
  group = Karafka::Routing::ConsumerGroup.new(group)
  group.topic(TOPIC) { controller Karafka::BaseController }
  group.build
  Karafka::Setup::Librdkafka.consumer(group).map { |name, value| "#{name}=#{value}" }
end

def consume(brokers, program, mode, round)
  return ruby(program, mode, brokers, TOPIC, PARTITIONS, RECORDS) unless program == "ceiling"

  [CEILING, mode, TOPIC, RECORDS.to_s, *properties(brokers, "ceiling-#{mode}-#{round}")]
end

def measure(ways)
  ways = ways.select { |_, (*words, last)| ONLY.any? { |word| [*words, last].include?(word) } } if ONLY
  runs = ways.transform_values { [] }
  ROUNDS.times do |round|
    ways.each do |way, arguments|
      $stderr.print "\r\e[Kround #{round + 1} of #{ROUNDS}: #{way}" if $stderr.tty?
      runs[way] << JSON.parse(Child.run(*yield(arguments, round)))
    end
  end
  $stderr.print "\r\e[K" if $stderr.tty?
  runs
end

def judge(summary)
  TARGETS.each do |way, (ratio, objects)|
    numbers = summary[way] or next
    well = numbers[:of_ceiling].to_f >= ratio && numbers[:objects_per_record] <= objects
    puts "#{well ? "reached" : "MISSED "}  #{way}: at least #{(ratio * 100).round} % of the ceiling, " \
         "at most #{objects.floor} objects for a record"
  end
end

abort "bench: RECORDS must be a multiple of PARTITIONS (#{RECORDS}, #{PARTITIONS})" unless (RECORDS % PARTITIONS).zero?

brokers = Child.serve(
  RbConfig.ruby, "-I#{ROOT}/lib", "#{ROOT}/exe/karafka", "broker",
  "--topic", "#{TOPIC}:#{PARTITIONS}", "--topic", "produced:#{PARTITIONS}"
)
filled = JSON.parse(Child.run(*ruby("produce", "fill", brokers, TOPIC, PARTITIONS, RECORDS), limit: 120))["records"]
abort "bench: #{filled} records are in the topic in place of #{RECORDS}" unless filled == RECORDS
puts "#{RECORDS} records of 100 bytes, #{PARTITIONS} partitions, #{ROUNDS} rounds; Ruby #{RUBY_VERSION}, " \
     "librdkafka #{Karafka::Native.librdkafka_version}, #{Etc.nprocessors} processors", ""

consumed = Table.new(
  measure(CONSUMERS) { |(program, mode), round| consume(brokers, program, mode, round) }, CEILINGS.keys
)
consumed.print("consume")
produced = Table.new(
  measure(PRODUCERS) { |(mode, count), _| ruby("produce", mode, brokers, "produced", PARTITIONS, count) }, []
)
produced.print("produce") if produced.summary.any?
judge(consumed.summary)

FileUtils.mkdir_p(File.join(ROOT, "tmp"))
File.write(
  File.join(ROOT, "tmp", "bench.json"),
  JSON.pretty_generate(
    records: RECORDS, partitions: PARTITIONS, rounds: ROUNDS, ruby: RUBY_VERSION,
    consume: consumed.summary, produce: produced.summary
  )
)
