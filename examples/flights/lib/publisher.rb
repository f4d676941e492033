# frozen_string_literal: true

module Flights
  # Owns sending a timetable. Runs on a thread of its own beside the server, or alone in publish.rb. Each slice is
  # waited for before the next one, so a broker that falls behind slows it down.
  class Publisher
    # Records that are on their way together.
    SLICE = 1_000

    # @param timetable [Timetable]
    # @param rate [Integer, nil] records per second; nil: as many as will go
    # @raise [ArgumentError]
    def initialize(timetable, rate: nil)
      raise ArgumentError, "rate is #{rate}; give 1 or more records per second, or nil" if rate && rate < 1

      @timetable = timetable
      @rate = rate
      @slice = rate ? (rate / 10).clamp(1, SLICE) : SLICE
    end

    # All flights, then a closing mark for each airport: it goes the same way as the airport's flights and alerts, so
    # when it has come out at the other end, all of them have, or never will.
    # @return [Integer] records that Kafka has taken; fewer than all when the application was told to stop
    # @raise [Karafka::Errors::DeliveryFailed]
    def call
      records = @timetable.flights + @timetable.origins.map { |origin| Flights.closing(origin) }
      due = now
      records.each_slice(@slice).sum do |slice|
        next 0 if Karafka::App.stopping? || Karafka::App.stopped?

        FlightFeedResponder.call(slice)
        due = pace(due, slice.size)
        slice.size
      end
    end

    private

    # @return [Float] when the next slice is due
    def pace(due, records)
      return due unless @rate

      due += records.fdiv(@rate)
      sleep([due - now, 0].max)
      due
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
