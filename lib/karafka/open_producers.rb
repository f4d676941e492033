# frozen_string_literal: true

# Owns which producers this process has made and not closed, and that the end of the process closes them. Any thread.
# Must not touch what a parent process has made.
module Karafka
  # @api private
  module OpenProducers
    # Keeps nobody alive: a producer that is collected has nothing left to send.
    @made = ObjectSpace::WeakMap.new
    @lock = Mutex.new

    class << self
      # @param producer [Producer]
      # @return [void]
      def add(producer)
        @lock.synchronize do
          forget_parent
          @made[producer] = true
          close_at_exit
        end
      end

      # Delivers what is on its way, of all producers within the same time.
      # @param producers [Array<Producer>]
      # @param timeout [Numeric, nil] seconds; nil waits for ever
      # @return [Integer] messages that were not delivered
      def close(producers, timeout)
        deadline = timeout && (now + timeout)
        producers.sum { |producer| producer.close(deadline && [deadline - now, 0].max) }
      end

      # @return [Array<Producer>] made by this process and not collected
      def mine
        @pid == ::Process.pid ? @made.keys : []
      end

      private

      def now
        ::Process.clock_gettime(::Process::CLOCK_MONOTONIC)
      end

      # Children inherit the block; it then closes only what the child has made. Blocks of the application that run
      # after this one may make producers again, which then register the next one.
      def close_at_exit
        return if @at_exit

        @at_exit = true
        at_exit do
          @at_exit = false
          close(mine, Producer::CLOSE_TIMEOUT)
        ensure
          # After a second signal too each message is told.
          close(mine, 0)
        end
      end

      def forget_parent
        return if @pid == ::Process.pid

        @pid = ::Process.pid
        @made = ObjectSpace::WeakMap.new
        @at_exit = false
      end
    end
  end
end
