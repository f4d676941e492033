# frozen_string_literal: true

# Owns producing: the records that the consumers of the benchmark share (`fill`), and the ways to produce, timed. A
# process of its own, started by run.rb. Prints one line of JSON; refuses when the topic did not grow by exactly what
# was produced. Ways: `fire` (a call for each record, nobody waits), `handles` (a handle for each, then a wait for
# each), `many` (1,000 records a call, nobody waits), `many_handles` (the same with a handle for each, then a wait for
# each), `many_sync` (10,000 records a call, each call waits), `sync` (a record, its confirmation, the next),
# `responder` (100 records to a synchronous topic in each call). A second word asks for another linger, in seconds:
# fire:0.005.
#
#   ruby -Ilib bench/produce.rb fill|fire|handles|... BROKERS TOPIC PARTITIONS RECORDS

require "json"
require "karafka_rs"
require_relative "records"
require_relative "meter"

way, brokers, topic, *numbers = ARGV
MODE, LINGER = way.to_s.split(":")
BROKERS = brokers
PARTITIONS, COUNT = numbers.map { |text| Integer(text) }
TOPIC = topic.freeze
# Records of one call.
AT_ONCE = 1_000
# Records of one call that waits for them, and of one call of a responder.
AT_ONCE_SYNC = 10_000
RESPONSES = 100

Karafka::App.setup do |config|
  config.client_id = "bench"
  config.kafka.seed_brokers = BROKERS
end
WaterDrop.setup do |config|
  config.client_id = "bench"
  config.kafka.seed_brokers = BROKERS
end

# A way without handles meets a record that Kafka refused here.
Karafka.monitor.subscribe("producer.delivery_failed") { |event| abort "produce: #{event.payload[:message]}" }

# Sends what it is given, to a topic whose records are waited for.
class BenchResponder < Karafka::BaseResponder
  topic TOPIC, multiple_usage: true

  def respond(payloads)
    payloads.each { |payload| respond_to TOPIC, payload }
  end
end

# The payloads are JSON already.
module AsIs
  def self.generate(payload)
    payload
  end
end

# One producer and the ways to use it.
class Producing
  WAYS = %w[fire handles many many_handles many_sync sync responder].freeze
  attr_reader :producer

  def initialize
    linger = LINGER ? Float(LINGER) : 0
    @producer = if LINGER
                  Karafka::Producer.new(Karafka::Setup::Librdkafka.producer(WaterDrop.config, linger: linger))
                else
                  Karafka.producer
                end
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
    payloads.each { |payload| producer.produce_async(topic: TOPIC, payload: payload, handle: false) }
    flush
  end

  def handles(payloads)
    wait_each(payloads.map { |payload| producer.produce_async(topic: TOPIC, payload: payload) })
  end

  def many(payloads)
    messages(payloads) { |messages| producer.produce_many_async(messages, handle: false) }
    flush
  end

  def many_handles(payloads)
    handles = []
    messages(payloads) { |messages| handles.concat(producer.produce_many_async(messages)) }
    wait_each(handles)
  end

  def many_sync(payloads)
    messages(payloads, AT_ONCE_SYNC) { |messages| producer.produce_many_sync(messages) }
  end

  def sync(payloads)
    payloads.each { |payload| producer.produce_sync(topic: TOPIC, payload: payload) }
  end

  def responder(payloads)
    payloads.each_slice(RESPONSES) { |slice| BenchResponder.new(AsIs).call(slice) }
  end

  # Connected and warm, as any producer that runs for more than a moment.
  def warm_up(payloads)
    1_000.times { |number| producer.produce_async(topic: TOPIC, payload: payloads[number % COUNT]) }
    flush
    __send__(MODE, payloads.first([COUNT / 100, 1].max))
  end

  # Messages as their callers have them: not part of what is measured.
  def prepare(payloads)
    return unless MODE.start_with?("many")

    all = payloads.map { |payload| { topic: TOPIC, payload: payload } }
    size = MODE == "many_sync" ? AT_ONCE_SYNC : AT_ONCE
    @slices = { payloads.size => all.each_slice(size).to_a }
  end

  # The end offsets of all partitions, added up.
  def end_offsets
    properties = { "bootstrap.servers" => BROKERS }
    Karafka::Native.positions(properties, (0...PARTITIONS).map { |number| [TOPIC, number] }, 30.0).sum do |position|
      position[:high]
    end
  end

  private

  def messages(payloads, size = AT_ONCE, &)
    slices = @slices&.fetch(payloads.size, nil)
    slices ||= payloads.map { |payload| { topic: TOPIC, payload: payload } }.each_slice(size)
    slices.each(&)
  end

  def wait_each(handles)
    handles.each { |handle| handle.wait(60) || abort("#{MODE}: a record was not confirmed within 60 s") }
  end

  def flush
    left = producer.flush(60)
    abort "#{MODE}: #{left} records were not delivered within 60 s" if left.positive?
  end
end

producing = Producing.new
if MODE == "fill"
  puts JSON.generate(records: producing.fill)
elsif Producing::WAYS.include?(MODE)
  payloads = Array.new(COUNT) { |number| Records.json(number) }
  producing.warm_up(payloads)
  producing.prepare(payloads)
  before = producing.end_offsets
  GC.start
  meter = Meter.new
  producing.__send__(MODE, payloads)
  result = meter.read(COUNT)
  grown = producing.end_offsets - before
  abort "#{MODE}: the topic grew by #{grown} records where #{COUNT} were produced" unless grown == COUNT
  puts JSON.generate(result)
else
  abort "produce: #{MODE.inspect} is not fill, #{Producing::WAYS.join(", ")}"
end
