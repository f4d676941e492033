# frozen_string_literal: true

# Owns whose turn it is in one partition whose controller has poll callbacks: messages, a hook, or nothing. One at a
# time, whichever instance and assignment they belong to. Used by workers and by the thread of Turns. Must not decide
# what becomes of messages.
module Karafka
  module Processing
    # The turns of one partition.
    class Turn
      # @param interval [Numeric] seconds between turns while nothing comes
      def initialize(interval)
        @interval = interval
        @lock = Mutex.new
        @due = 0
      end

      # @param assignment [Integer] the one that turns are taken for from now on
      # @return [Turn] self
      def for(assignment)
        # A partition that comes back begins without messages.
        @known = false unless @assignment == assignment
        @assignment = assignment
        self
      end

      # @return [Boolean] were there messages in this assignment?
      def known?
        @known
      end

      # A turn with messages.
      # @yieldparam known [Boolean] were there messages before?
      # @return [void]
      def take
        @lock.synchronize do
          # What an empty turn marks behind a failure would never come again, so there is none until it is mended.
          @failed = true
          known = @known
          @known = true
          yield known
          @failed = false
          @due = [@due, Clock.now + @interval].max
        end
      end

      # @param assignment [Integer] of the instance that would take it
      # @return [Boolean] is it time for a turn without messages?
      def due?(assignment)
        @known && !@failed && @assignment == assignment && Clock.now >= @due
      end

      # A turn without, when it is time for one and nobody else has the partition.
      # @param assignment [Integer] of the instance that would take it
      # @return [void]
      def take_empty(assignment)
        return unless due?(assignment) && @lock.try_lock

        begin
          # Still, now that nobody else can change it.
          next_due = Clock.now + @interval
          yield if due?(assignment)
        ensure
          @due = [@due, next_due].max
          @lock.unlock
        end
      end

      # A hook; after the last one there are no more turns.
      # @param last [Boolean]
      # @return [Object]
      def hook(last)
        @lock.synchronize do
          yield
        ensure
          @known = false if last
        end
      end

      # No empty turn for so long.
      # @param seconds [Numeric]
      # @return [void]
      def rest(seconds)
        @due = Clock.now + seconds
      end
    end
  end
end
