# frozen_string_literal: true

# Owns which producers this process has made and not closed, and that the end of the process closes them. Any thread.
# Must not touch what a parent process has made.
module Karafka
  # @api private
  module OpenProducers
    @lock = Mutex.new

    class << self
      # From the first producer on the end of the process is waited for.
      # @return [void]
      def added
        @lock.synchronize { close_at_exit }
      end

      # Delivers what is on its way, of all producers within the same time.
      # @param producers [Array<Producer>]
      # @param timeout [Numeric, nil] seconds; nil waits for ever
      # @return [Integer] messages that were not delivered
      def close(producers, timeout)
        deadline = timeout && (now + timeout)
        producers.sum { |producer| producer.close(deadline && [deadline - now, 0].max) }
      end

      # Keeps nobody alive: a producer that is collected has nothing left to send. (A WeakMap of Ruby 3.1 at least gives
      # out objects that are half collected.)
      # @return [Array<Producer>] made by this process and not collected
      def mine
        ObjectSpace.each_object(Producer).select(&:mine?)
      end

      private

      def now
        ::Process.clock_gettime(::Process::CLOCK_MONOTONIC)
      end

      # Children inherit the block; it then closes only what the child has made. Blocks of the application that run
      # after this one may make producers again, which then register the next one.
      def close_at_exit
        return if @at_exit == ::Process.pid

        @at_exit = ::Process.pid
        at_exit do
          @at_exit = nil
          close(mine, Producer::CLOSE_TIMEOUT)
        ensure
          # After a second signal too each message is told.
          close(mine, 0)
        end
      end
    end
  end
end
