# frozen_string_literal: true

require "io/console"

# Owns showing the same lines again and again: in place where somebody looks on, below each other in a file or a pipe.
# Runs on the main thread. Must not know what the lines say.
module Karafka
  class Cli
    # @api private
    class Screen
      CLEAR = "\e[2J"
      HOME = "\e[H"
      REST_OF_LINE = "\e[K"
      REST_OF_SCREEN = "\e[J"

      # @param in_place [Boolean] at a terminal
      def initialize(in_place: true)
        @in_place = in_place && $stdout.tty?
        print CLEAR if @in_place
      end

      # @param lines [Array<String>]
      # @param trouble [String, nil] why there are no newer ones
      # @return [void]
      def show(lines, trouble = nil)
        if @in_place
          refresh([trouble || Time.now.strftime("%H:%M:%S"), *lines])
        elsif trouble
          warn "karafka: #{trouble}"
        else
          puts lines
        end
        $stdout.flush
      end

      private

      def refresh(lines)
        height, width = $stdout.winsize
        # The last line of the terminal stays free: writing to its end would move all others up.
        room = height - 1
        left = lines.size - room
        lines = [*lines.first(room - 1), "... and #{left + 1} lines more; see fewer groups with -g"] if left.positive?
        print HOME, lines.map { |line| "#{line[0, width]}#{REST_OF_LINE}\n" }.join, REST_OF_SCREEN
      end
    end
  end
end
