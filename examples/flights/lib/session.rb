# frozen_string_literal: true

module Flights
  # Owns one run from the first flight to the last alert: publisher and watcher on threads of their own, the server on
  # the caller's, which should be the main thread because Ruby delivers signals there.
  class Session
    # Seconds without anything new after which it is given up.
    STALLED = 45
    # Seconds between two looks.
    GLANCE = 0.1

    # @return [Float] seconds it took
    attr_reader :seconds

    # @param timetable [Timetable]
    # @param rate [Integer, nil] see {Publisher}
    # @param board [Board]
    def initialize(timetable, rate: nil, board: Board.instance)
      @timetable = timetable
      @publisher = Publisher.new(timetable, rate: rate)
      @board = board
      @progress = Progress.new(timetable.flights.size)
    end

    # @return [Boolean] false when the server left work behind
    # @raise [Karafka::Errors::DeliveryFailed] the publisher's
    def run
      started = now
      publisher = beside { @publisher.call }
      watcher = beside { watch }
      clean = Karafka::Server.run
      # It may be waiting for a broker that does not answer, and nobody would read what it sends.
      publisher.kill
      [publisher, watcher].each(&:join)
      @seconds = now - started
      clean
    end

    private

    # A thread that ends the run when it fails. `join` raises its error again, so Ruby need not print it as well.
    def beside
      Thread.new do
        Thread.current.report_on_exception = false
        yield
      rescue StandardError
        Karafka::App.stop!
        raise
      end
    end

    def watch
      until @board.complete?(@timetable.origins.size, GLANCE)
        totals = @board.totals
        @progress.show(*totals)
        break if Karafka::App.stopping? || Karafka::App.stopped? || stalled?(totals)
      end
      @progress.show(*@board.totals)
      @progress.stop
      Karafka::App.stop!
    end

    def stalled?(totals)
      @seen, @news_at = totals, now unless totals == @seen
      now - @news_at > STALLED
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
