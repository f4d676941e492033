# frozen_string_literal: true

# Owns what deadlines and durations are measured with. Any thread.
module Karafka
  # Goes on evenly, whatever becomes of the time of day.
  # @api private
  module Clock
    class << self
      # @return [Float] seconds since some moment
      def now
        ::Process.clock_gettime(::Process::CLOCK_MONOTONIC)
      end

      # @return [Float] milliseconds since some moment
      def milliseconds
        ::Process.clock_gettime(::Process::CLOCK_MONOTONIC, :float_millisecond)
      end
    end
  end
end
