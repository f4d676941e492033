# frozen_string_literal: true

module Flights
  # Owns what is seen while it runs: a bar on a terminal, else a plain line per second, for logs and pipes. Belongs to
  # the thread that watches.
  class Progress
    # Seconds over which the rate is taken, and between two lines.
    WINDOW = 1.0

    # @param total [Integer] flights
    # @param output [IO]
    def initialize(total, output = $stdout)
      @total = total
      @output = output
      @bar = bar if output.tty?
      @samples = [[now, 0]]
      @line_at = now + WINDOW
    end

    # @param flights [Integer] counted so far
    # @param alerts [Integer] collected so far
    # @return [void]
    def show(flights, alerts)
      time = now
      rate = rate_at(time, flights + alerts)
      if @bar
        @bar.title = title(rate)
        @bar.progress = [flights, @total].min
      elsif time >= @line_at || flights == @total
        line(flights, rate) unless @line_at.infinite?
        @line_at = flights == @total ? Float::INFINITY : time + WINDOW
      end
    end

    # Leaves the bar as it is.
    # @return [void]
    def stop
      @bar&.stop
    end

    private

    # Loaded only where there is a terminal: the application itself does not need it.
    def bar
      require "ruby-progressbar"
      # Finished by `stop` only: alerts still come when the last flight is counted.
      ProgressBar.create(total: @total, output: @output, format: "%t |%B| %c of %C flights", title: title(0),
                         autofinish: false)
    end

    def title(rate)
      format("%8s records/s", Flights.number(rate))
    end

    def line(flights, rate)
      @output.puts "#{Flights.number(flights)} of #{Flights.number(@total)} flights, #{Flights.number(rate)} records/s"
    end

    def rate_at(time, records)
      @samples << [time, records]
      @samples.shift while @samples.size > 2 && time - @samples[1][0] >= WINDOW
      first_time, first_records = @samples.first
      time > first_time ? ((records - first_records) / (time - first_time)).round : 0
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
