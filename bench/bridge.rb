# frozen_string_literal: true

# Owns one run of plain Ruby over the bridge: the core's batches, on one thread, without routes, controllers, params or
# monitor. What the framework costs is the difference to bench/consume.rb. A process of its own, started by run.rb.
# Prints one line of JSON; a record that is missing, comes twice or out of order is an error.
#
#   ruby -Ilib bench/bridge.rb count|raw|json BROKERS TOPIC PARTITIONS RECORDS FIELD

require "json"
require "karafka_rs"
require_relative "meter"

mode, brokers, name, *numbers, field = ARGV
partitions, records = numbers.map { |text| Integer(text) }
FIELD = field.freeze
# What is done with a batch, and what was found in it.
WORK = {
  "count" => ->(_) { 0 },
  "raw" => lambda do |batch|
    bytes = index = 0
    size = batch.size
    while index < size
      bytes += batch.payload(index).bytesize
      index += 1
    end
    bytes
  end,
  "json" => lambda do |batch|
    Karafka::Native::Message.list(batch, batch, true, 0, batch.size).sum { |message| message.payload[FIELD] }
  end
}.freeze
work = WORK.fetch(mode) { abort "bridge: #{mode.inspect} is not count, raw or json" }

Karafka::App.setup do |config|
  config.client_id = "bench"
  config.kafka.seed_brokers = brokers
end
group = Karafka::Routing::ConsumerGroup.new("bridge-#{Process.pid}")
group.topic(name) { controller Karafka::BaseController }
group.build
inbox = Karafka::Native::Inbox.new
memory = Karafka::Processing::Memory.new
settings = {
  group: 0, properties: Karafka::Setup::Librdkafka.consumer(group),
  topics: [{ name: name, start: "earliest", hooks: false }],
  max_messages: group.max_messages, max_bytes: group.max_bytes, ready_limit: 1, concurrency: 1,
  commit_threshold: group.offset_commit_threshold
}
consumer = Karafka::Native::Consumer.new(inbox, settings)

next_offsets = Array.new(partitions, 0)
seen = found = 0
meter = nil
GC.start
while seen < records
  batch = inbox.next_job(20.0) or abort "bridge: only #{seen} of #{records} records came"
  meter ||= Meter.new
  size = batch.size
  first, last = batch.offset(0), batch.offset(size - 1)
  unless first == next_offsets[batch.partition] && last == first + size - 1
    abort "bridge: partition #{batch.partition}: offsets #{first} to #{last} came in a batch of #{size} where " \
          "#{next_offsets[batch.partition]} is the next one"
  end
  found += work.call(batch)
  seen += size
  next_offsets[batch.partition] = last + 1
  batch.mark(last)
  batch.done
  batch = nil
  memory.bound
end
result = meter.read(seen)
abort "bridge: #{seen} records came where #{records} were sent" if seen > records
consumer.stop
consumer.close(10.0)
puts JSON.generate(result.merge({ "raw" => "bytes", "json" => "sum" }.slice(mode).to_h { |_, fact| [fact, found] }))
