# frozen_string_literal: true

# Owns one run of the whole framework with its default settings: a server, a controller, a topic that is full already.
# A process of its own, started by run.rb. Prints one line of JSON. Ends by itself when every partition was consumed to
# its last record; a record that is missing, comes twice or out of order is an error.
#
#   ruby -Ilib bench/consume.rb MODE BROKERS TOPIC PARTITIONS RECORDS [FIELD [WORKERS]]
#
# MODE may end in `@` and a number: so many times a second somebody asks for /metrics and /status meanwhile.

require "json"
require "karafka_rs"
require_relative "race"

mode, brokers, name, partitions, records, field, workers = ARGV
mode, scrapes = mode.split("@")
RACE = Race.new(Integer(partitions), Integer(records))
FIELD = field.freeze

# One instance for each partition, so that nothing is shared but the race.
class Counting < Karafka::BaseController
  def initialize
    super
    @lane = Race::Lane.new(RACE)
  end

  private

  def sum_fields
    sum = 0
    params_batch.each { |params| sum += params.payload[FIELD] }
    @lane.add(params_batch, sum: sum)
  end

  # Stands for a query or a call of another service.
  def wait
    sleep(0.001)
  end
end

# What is done with batches.
BATCHES = {
  "count" => -> { @lane.add(params_batch) },
  "raw" => lambda do
    # To measure them would cost as much as a tenth of reading them: `raws` adds up their bytes.
    read = 0
    params_batch.each { |params| read += 1 if params.raw_payload }
    @lane.look(params_batch, read)
    @lane.add(params_batch)
  end,
  "raws" => -> { @lane.add(params_batch, bytes: params_batch.raw_payloads.sum(&:bytesize)) },
  "json" => -> { sum_fields },
  "ruby_json" => -> { sum_fields },
  "pluck" => -> { @lane.add(params_batch, sum: params_batch.pluck(FIELD).sum) },
  "sleep" => lambda do
    params_batch.each { wait }
    @lane.add(params_batch)
  end
}.freeze
# And with messages, one by one.
SINGLES = {
  "single_raw" => -> { @lane.add_one(params, params.raw_payload.bytesize, 0) },
  "single_json" => -> { @lane.add_one(params, 0, params.payload[FIELD]) },
  "single_sleep" => lambda do
    wait
    @lane.add_one(params, 0, 0)
  end
}.freeze

# Ruby's own parser, in the way that any application may bring its own.
class RubyParser
  def self.parse(content)
    ::JSON.parse(content)
  end

  def self.generate(content)
    ::JSON.generate(content)
  end
end

work = BATCHES.merge(SINGLES).fetch(mode) { abort "consume: #{mode.inspect} is not one of its modes" }
WORK = Class.new(Counting) { define_method(:consume, &work) }

Karafka::App.setup do |config|
  config.client_id = "bench"
  config.kafka.seed_brokers = brokers
  config.logger = Logger.new($stderr, level: :warn)
  config.concurrency = Integer(workers) if workers
  config.http.bind = "127.0.0.1:0" if scrapes
end

Karafka::App.consumer_groups.draw do
  consumer_group "#{mode}-#{Process.pid}" do
    topic name do
      controller WORK
      batch_consuming BATCHES.key?(mode)
      parser RubyParser if mode == "ruby_json"
    end
  end
end
Karafka::App.boot!
# The records would come again, and the run would never end.
Karafka.monitor.subscribe("worker.failed") { |event| RACE.refuse("user code failed: #{event.payload.inspect}") }
if scrapes
  scraper = nil
  Karafka.monitor.subscribe("http.listening") do |event|
    scraper = IO.popen([RbConfig.ruby, "--disable-gems", "#{__dir__}/scrape.rb", event[:address], scrapes], "r+")
  end
  # While it is still answered.
  Karafka.monitor.subscribe("app.stopping") do
    scraper.close_write
    RACE.refuse("nobody was answered over HTTP") unless scraper.read.to_i.positive?
  end
end
GC.start

RACE.watch
Karafka::Server.run
puts JSON.generate(RACE.result(brokers, name))
