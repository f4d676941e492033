# frozen_string_literal: true

module Flights
  # Tally of one airport. Frozen: adding a flight gives a new one.
  Tally = Struct.new(:flights, :minutes, :alerts) do
    # @param flight [Hash]
    # @return [Tally]
    def plus(flight)
      self.class.new(flights + 1, minutes + flight["delay"], alerts + (Flights.late?(flight) ? 1 : 0)).freeze
    end

    # @return [Hash{Symbol => Numeric}] what the table shows
    def figures
      { flights: flights, mean_delay: minutes.fdiv(flights), alerts: alerts }
    end
  end

  # Owns what is known of one partition: the tallies of its airports, and how far it was read. Both belong together, so
  # they are one frozen value: it can be handed to any thread, and a batch is either in it or not.
  class Departures
    # @return [Integer] the first offset that is not in here
    attr_reader :next_offset
    # @return [Hash{String => Tally}]
    attr_reader :airports

    # @param next_offset [Integer]
    # @param airports [Hash{String => Tally}]
    def initialize(next_offset = 0, airports = {})
      @next_offset = next_offset
      @airports = airports.freeze
      freeze
    end

    # @param offset [Integer]
    # @return [Boolean] false for a record that was delivered before
    def new?(offset)
      offset >= next_offset
    end

    # @param records [Array<Hash>] new ones only
    # @param last_offset [Integer] of the batch they came with
    # @return [Departures]
    def plus(records, last_offset)
      airports = @airports.dup
      records.each do |record|
        next if Flights.closing?(record)

        origin = record["origin"]
        airports[origin] = airports.fetch(origin, NOTHING).plus(record)
      end
      self.class.new([next_offset, last_offset + 1].max, airports)
    end

    NOTHING = Tally.new(0, 0, 0).freeze
    private_constant :NOTHING
  end
end
