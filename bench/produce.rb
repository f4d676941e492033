# frozen_string_literal: true

# Owns producing: the records that the consumers of the benchmark share (`fill`), and three ways to produce, timed. A
# process of its own, started by run.rb. Prints one line of JSON.
#
#   ruby -Ilib bench/produce.rb fill|fire|handles|sync BROKERS TOPIC PARTITIONS RECORDS

require "json"
require "karafka_rs"
require_relative "records"
require_relative "meter"

mode, brokers, topic, *numbers = ARGV
PARTITIONS, COUNT = numbers.map { |text| Integer(text) }
TOPIC = topic.freeze

WaterDrop.setup do |config|
  config.client_id = "bench"
  config.kafka.seed_brokers = brokers
end

# Every partition gets the same number of records, in batches like those of a busy producer: 1,000 records.
def fill
  properties = Karafka::Setup::Librdkafka.producer(WaterDrop.config, linger: 0.1, threshold: 1_000)
  producer = Karafka::Producer.new(properties)
  handles = Array.new(COUNT) do |number|
    producer.produce_async(topic: TOPIC, payload: Records.json(number), partition: number % PARTITIONS)
  end
  places = handles.map { |handle| handle.wait(60) || abort("fill: a record was not confirmed within 60 s") }
  share = COUNT / PARTITIONS
  wrong = places.map(&:first).tally.reject { |_, count| count == share }
  abort "fill: partitions with another number of records than #{share}: #{wrong.keys}" if wrong.any?
  places.uniq.size
end

def fire(payloads)
  payloads.each { |payload| Karafka.producer.produce_async(topic: TOPIC, payload: payload, handle: false) }
  left = Karafka.producer.flush(60)
  abort "fire: #{left} records were not delivered within 60 s" if left.positive?
end

def handles(payloads)
  handles = payloads.map { |payload| Karafka.producer.produce_async(topic: TOPIC, payload: payload) }
  handles.each { |handle| handle.wait(60) || abort("handles: a record was not confirmed within 60 s") }
end

def sync(payloads)
  payloads.each { |payload| Karafka.producer.produce_sync(topic: TOPIC, payload: payload) }
end

case mode
when "fill" then puts JSON.generate(records: fill)
when "fire", "handles", "sync"
  payloads = Array.new(COUNT) { |number| Records.json(number) }
  # Connected and warm, as any producer that runs for more than a moment.
  1_000.times { |number| Karafka.producer.produce_async(topic: TOPIC, payload: payloads[number % COUNT]) }
  Karafka.producer.flush(10)
  GC.start
  meter = Meter.new
  __send__(mode, payloads)
  puts JSON.generate(meter.read(COUNT))
else abort "produce: #{mode.inspect} is not fill, fire, handles or sync"
end
