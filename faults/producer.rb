# frozen_string_literal: true

require "karafka_rs"
require_relative "journal"

# Owns the producing process of a history: numbered records at the planned rate, for the planned time, whatever becomes
# of the brokers; then waits for what is on its way and ends. Started by the history with FOLDER and BROKERS. Writes
# "sent" before a record is handed over and "acked" or "failed" when its report is there; a record that failed may be in
# the log all the same.
module Faults
  class Producing
    # Seconds after which librdkafka gives a record up, and a little more to hear of it.
    DELIVERY = 8
    PATIENCE = DELIVERY + 4

    def initialize(plan, journal)
      @plan = plan.fetch(:producer)
      @partitions = plan.fetch(:partitions)
      @journal = journal
      @duration = plan.fetch(:duration)
      @next = 0
      @waiting = []
    end

    def run
      started = Journal.now
      until Journal.now - started > @duration
        public_send(@plan.fetch(:mode), Array.new(due(started)) { message })
        settle(0)
        sleep 0.01
      end
      settle(PATIENCE)
      @journal.write("ended", @waiting.size)
    end

    def sync(messages)
      messages.each do |id, message|
        acked(id, Karafka.producer.produce_sync(**message))
      rescue Karafka::Errors::BaseError => e
        failed(id, e)
      end
    end

    def async(messages)
      messages.each do |id, message|
        @waiting << [id, Karafka.producer.produce_async(**message)]
      rescue Karafka::Errors::BaseError => e
        failed(id, e)
      end
    end

    def many(messages)
      return if messages.empty?

      reports = Karafka.producer.produce_many_sync(messages.map(&:last))
      messages.zip(reports) { |(id, _), report| acked(id, report) }
    rescue Karafka::Errors::DeliveryFailed => e
      bad = e.failed.to_h { |failure| [failure.index, failure.error] }
      good = e.delivered.dup
      messages.each_with_index { |(id, _), index| bad[index] ? failed(id, bad[index]) : acked(id, good.shift) }
    end

    private

    # How many records are behind the rate; a synchronous producer that was held up does not catch up all at once.
    def due(started)
      behind = ((Journal.now - started) * @plan.fetch(:rate)).floor - @next
      behind.clamp(0, @plan.fetch(:burst))
    end

    def message
      id = @next
      @next += 1
      key = @plan[:keys].positive? ? "k#{id % @plan[:keys]}" : nil
      partition = @plan[:explicit] ? id % @partitions : nil
      payload = JSON.generate(id: id, key: key, filling: "x" * (id % 150))
      @journal.write("sent", id, key, partition)
      [id, { topic: "t", payload: payload, key: key, partition: partition }]
    end

    # Reports come out of order; those that are not there yet stay.
    def settle(seconds)
      deadline = Journal.now + seconds
      @waiting.reject! do |id, handle|
        position = handle.wait([deadline - Journal.now, 0].max)
        acked(id, position && Karafka::Producer::Report.new("t", *position)) if position
        position
      rescue Karafka::Errors::BaseError => e
        failed(id, e)
        true
      end
    end

    def acked(id, report)
      @journal.write("acked", id, report.partition, report.offset)
    end

    def failed(id, error)
      @journal.write("failed", id, error.class.name, error.message)
      # A client after a fatal error is of no more use; the next record makes a new one.
      WaterDrop::Producers.close(1) if error.is_a?(Karafka::Errors::KafkaError) && error.fatal?
    end
  end
end

plan = JSON.parse(File.read(File.join(ENV.fetch("FOLDER"), "plan.json")), symbolize_names: true)
WaterDrop.setup do |config|
  config.client_id = "faults"
  config.kafka.seed_brokers = ENV.fetch("BROKERS")
  config.kafka.delivery_timeout = Faults::Producing::DELIVERY
  config.kafka.librdkafka = { "max.in.flight.requests.per.connection" => plan[:producer][:in_flight] }
end
Karafka::App.setup do |config|
  config.client_id = "faults"
  config.logger = Logger.new(IO::NULL)
  config.kafka.seed_brokers = ENV.fetch("BROKERS")
end
Faults::Producing.new(plan, Faults::Journal.new(File.join(ENV.fetch("FOLDER"), "producer.log"))).run
