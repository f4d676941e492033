# frozen_string_literal: true

# Owns one run of the whole framework with its default settings: a server, a controller, a topic that is full already.
# A process of its own, started by run.rb. Prints one line of JSON. Ends by itself when every partition was consumed
# to its last record; a record too many is an error.
#
#   ruby -Ilib bench/consume.rb count|raw|raws|json|single BROKERS TOPIC PARTITIONS RECORDS

require "json"
require "karafka_rs"
require_relative "meter"

mode, brokers, name, *numbers = ARGV
partitions, records = numbers.map { |text| Integer(text) }

# When the first batch came and when the last partition was through.
class Race
  attr_reader :result, :share

  def initialize(partitions, records)
    @left = partitions
    @records = records
    @share = records / partitions
    @lock = Mutex.new
  end

  def start
    @lock.synchronize { @meter ||= Meter.new }
  end

  def partition_done
    @lock.synchronize do
      @left -= 1
      next if @left.positive?

      @result = @meter.read(@records)
      Karafka::App.stop!
    end
  end
end

RACE = Race.new(partitions, records)

# Counts one partition; each has its own instance, so nothing is shared.
class Counting < Karafka::BaseController
  def initialize
    super
    @seen = 0
    @share = RACE.share
    RACE.start
  end

  def seen(count)
    @seen += count
    return if @seen < @share

    abort "#{topic}: #{@seen} records of a partition that has #{@share}" if @seen > @share

    RACE.partition_done
  end
end

class CountController < Counting
  def consume
    seen(params_batch.size)
  end
end

class RawController < Counting
  def consume
    params_batch.each { |params| params.raw_payload }
    seen(params_batch.size)
  end
end

class RawsController < Counting
  def consume
    seen(params_batch.raw_payloads.size)
  end
end

class JsonController < Counting
  def consume
    params_batch.each { |params| params.payload }
    seen(params_batch.size)
  end
end

class SingleController < Counting
  def consume
    params.raw_payload
    seen(1)
  end
end

consuming = {
  "count" => CountController, "raw" => RawController, "raws" => RawsController, "json" => JsonController,
  "single" => SingleController
}.fetch(mode) { abort "consume: #{mode.inspect} is not count, raw, raws, json or single" }

Karafka::App.setup do |config|
  config.client_id = "bench"
  config.kafka.seed_brokers = brokers
  config.logger = Logger.new($stderr, level: :warn)
end

Karafka::App.consumer_groups.draw do
  consumer_group "#{mode}-#{Process.pid}" do
    topic name do
      controller consuming
      batch_consuming mode != "single"
    end
  end
end
Karafka::App.boot!
# The records would come again, and the run would never end.
Karafka.monitor.subscribe("worker.failed") { Karafka::App.stop! }
GC.start

Karafka::Server.run
puts JSON.generate(RACE.result || abort("consume: the server stopped before all records had come"))
