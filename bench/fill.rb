# frozen_string_literal: true

# Owns filling a topic before it is consumed: every partition gets the same number of records, record `number` goes to
# partition `number % PARTITIONS`, in batches like those of a busy producer. A process of its own, started by run.rb.
# Prints one line of JSON: what a consumer must find.
#
#   ruby -Ilib bench/fill.rb BROKERS TOPIC KIND PARTITIONS RECORDS

require "json"
require "karafka_rs"
require_relative "records"

brokers, topic, kind, *numbers = ARGV
partitions, count = numbers.map { |text| Integer(text) }
topic = topic.freeze

WaterDrop.setup do |config|
  config.client_id = "bench"
  config.kafka.seed_brokers = brokers
end
producer = Karafka::Producer.new(Karafka::Setup::Librdkafka.producer(WaterDrop.config, linger: 0.1, threshold: 1_000))

handles = Array.new(count) do |number|
  producer.produce_async(topic: topic, payload: Records.json(number, kind), partition: number % partitions)
end
places = handles.map { |handle| handle.wait(60) || abort("fill: #{topic}: a record was not confirmed within 60 s") }
share = count / partitions
offsets = places.group_by(&:first).transform_values { |found| found.map(&:last).sort }
wrong = offsets.reject { |_, found| found == [*0...share] }
abort "fill: #{topic}: partition #{wrong.keys.first} did not get each of #{share} records once" if wrong.any?
abort "fill: #{topic}: #{offsets.size} partitions of #{partitions} were filled" unless offsets.size == partitions

puts JSON.generate(Records.facts(kind, count))
