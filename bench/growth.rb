# frozen_string_literal: true

# Owns one measurement of what a record costs in processor time, to be compared over numbers of partitions and of
# groups. A process of its own: the whole framework with its default settings counts a topic that is full already, in
# GROUPS groups, each of which gets all of it. Measured from the first assignment to the last record, so that what
# partitions and groups cost by being there is in it. Prints one line of JSON; a record too few or too many of any
# partition is an error. Compare with `ceiling_latency growth`, which does the same in Rust for one group.
#
#   ruby -Ilib bench/growth.rb BROKERS TOPIC PARTITIONS GROUPS RECORDS

require "json"
require "karafka_rs"
require_relative "meter"

BROKERS, TOPIC, *numbers = ARGV
PARTITIONS, GROUPS, RECORDS = numbers.map { |text| Integer(text) }
# Seconds until the run is given up.
PATIENCE = 120
abort "growth: RECORDS must be a multiple of PARTITIONS" unless (RECORDS % PARTITIONS).zero?

# When the first partitions came and when the last partition of the last group was through.
class Race
  SHARE = RECORDS / PARTITIONS

  attr_reader :result

  def initialize
    @left = PARTITIONS * GROUPS
    @lock = Mutex.new
  end

  def start
    @lock.synchronize { @meter ||= Meter.new }
  end

  def partition_done
    @lock.synchronize do
      @left -= 1
      next if @left.positive?

      @result = @meter.read(RECORDS * GROUPS)
      Karafka::App.stop!
    end
  end
end

RACE = Race.new

# Counts one partition for one group; each has its own instance, so nothing is shared.
class GrowthController < Karafka::BaseController
  def consume
    @seen = (@seen || 0) + params_batch.size
    return if @seen < Race::SHARE

    abort "growth: #{@seen} records of a partition that has #{Race::SHARE}" if @seen > Race::SHARE
    RACE.partition_done
  end
end

Karafka::App.setup do |config|
  config.client_id = "bench"
  config.batch_consuming = true
  config.kafka.seed_brokers = BROKERS
  config.logger = Logger.new($stderr, level: :warn)
end
Karafka::App.consumer_groups.draw do
  GROUPS.times do |number|
    consumer_group("growth-#{Process.pid}-#{number}") { topic(TOPIC) { controller GrowthController } }
  end
end
Karafka::App.boot!
Karafka.monitor.subscribe("partitions.assigned") { RACE.start }
# The records would come again, and the run would never end.
Karafka.monitor.subscribe("worker.failed") { Karafka::App.stop! }
Thread.new { sleep(PATIENCE) && Karafka::App.stop! } # the bound on a run that never ends
GC.start
Karafka::Server.run
puts JSON.generate(RACE.result || abort("growth: the server stopped before all records had come"))
