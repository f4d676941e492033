# frozen_string_literal: true

require "singleton"

module Flights
  # Owns what all partitions have reported, and tells when all is in. Called from every worker and from the thread that
  # watches, so everything is behind one lock, held for a moment only. Must not count flights: controllers do.
  class Board
    include Singleton

    def initialize
      @lock = Mutex.new
      @news = ConditionVariable.new
      @departures = Hash.new(Departures.new)
      @alerts = []
      @alert_offsets = Hash.new(0)
      @closed = {}
    end

    # @param partition [Integer]
    # @return [Departures] where a controller that is new to the partition goes on
    def departures(partition)
      @lock.synchronize { @departures[partition] }
    end

    # A state that is older than the one here changes nothing: it is from a worker that has lost the partition.
    # @param partition [Integer]
    # @param departures [Departures]
    # @return [void]
    def post(partition, departures)
      @lock.synchronize do
        @departures[partition] = departures if departures.next_offset > @departures[partition].next_offset
      end
    end

    # The same message delivered again changes nothing. A second message with the same alert is kept: that is for the
    # comparison to find.
    # @param partition [Integer]
    # @param offset [Integer]
    # @param record [Hash] an alert or a closing mark
    # @return [void]
    def collect(partition, offset, record)
      @lock.synchronize do
        next if offset < @alert_offsets[partition]

        @alert_offsets[partition] = offset + 1
        if Flights.closing?(record)
          @closed[record["origin"]] = true
          @news.broadcast
        else
          @alerts << [record["origin"], record["number"]].freeze
        end
      end
    end

    # @return [Hash{String => Hash}] figures by airport
    def airports
      partitions = @lock.synchronize { @departures.values }
      partitions.map(&:airports).reduce({}, :merge).transform_values(&:figures)
    end

    # @return [Array<Array(String, Integer)>] airport and number of the flight, in the order of arrival
    def alerts
      @lock.synchronize { @alerts.dup }
    end

    # @return [Array(Integer, Integer)] flights counted and alerts collected so far
    def totals
      partitions, alerts = @lock.synchronize { [@departures.values, @alerts.size] }
      [partitions.sum { |departures| departures.airports.sum { |_, tally| tally.flights } }, alerts]
    end

    # Waits until so many airports have closed.
    # @param airports [Integer]
    # @param timeout [Numeric] seconds
    # @return [Boolean] have they?
    def complete?(airports, timeout)
      @lock.synchronize do
        @news.wait(@lock, timeout) if @closed.size < airports
        @closed.size >= airports
      end
    end
  end
end
