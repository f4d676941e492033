# frozen_string_literal: true

# Owns which producers this process has made and not closed, whether what they do is listened to, and that the end of
# the process closes them. Any thread. Must not touch what a parent process has made.
module Karafka
  # @api private
  module OpenProducers
    # Held until they are closed: one that the application forgets may still have messages on their way, and looking
    # for it among all objects finds nothing once there was a Ractor.
    @made = {}.compare_by_identity
    @lock = Mutex.new

    class << self
      # From the first producer on the end of the process is waited for.
      # @param producer [Producer]
      # @return [void]
      def add(producer)
        @lock.synchronize do
          @made[producer] = true
          producer.extend(ProducedEvents) if heard?
          close_at_exit
        end
      end

      # Somebody listens to what producers do: from now on they ask whom to tell. Until then that costs them nothing.
      # @return [void]
      def watch
        @lock.synchronize { mine.each { |producer| producer.extend(ProducedEvents) } }
      end

      # Without the lock, which signal handlers may not take.
      # @param producer [Producer] a closed one
      # @return [void]
      def remove(producer)
        @made.delete(producer)
      end

      # Delivers what is on its way, of all producers within the same time.
      # @param producers [Array<Producer>]
      # @param timeout [Numeric, nil] seconds; nil waits for ever
      # @return [Integer] messages that were not delivered
      def close(producers, timeout)
        deadline = timeout && (Clock.now + timeout)
        producers.sum { |producer| producer.close(deadline && [deadline - Clock.now, 0].max) }
      end

      # Closes all that this process has made, as its end does.
      # @return [void]
      def finish
        close(mine, Producer::CLOSE_TIMEOUT)
      ensure
        # After a second signal too each message is told.
        close(mine, 0)
      end

      # @return [Array<Producer>] made by this process and not closed
      def mine
        @made.keys.select(&:mine?)
      end

      private

      # A producer that is made when nobody listens any more need not ask.
      def heard?
        Instrumentation::PRODUCER_EVENTS.any? { |event| Karafka.monitor.listening?(event) }
      end

      # Children inherit the block; it then closes only what the child has made. Blocks of the application that run
      # after this one may make producers again, which then register the next one.
      def close_at_exit
        return if @at_exit == ::Process.pid

        @at_exit = ::Process.pid
        at_exit do
          @at_exit = nil
          finish
        end
      end
    end
  end
end
