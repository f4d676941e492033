# frozen_string_literal: true

# Owns the producers that the process shares, their life over fork. Called from every thread.
module WaterDrop
  # One producer serves all callers. Asynchronous messages have their own only when they are asked to wait for each
  # other (`delivery_interval`, `delivery_threshold`): a synchronous one must not wait with them.
  # @api private
  module Producers
    SENDING = %i[produce_sync produce_async produce_many_sync produce_many_async].freeze
    private_constant :SENDING

    @lock = Mutex.new
    @made = {}

    class << self
      # @return [Karafka::Producer]
      def sync
        @given || shared(:sync) { [0, nil, "default"] }
      end

      # @return [Karafka::Producer]
      def async
        kafka = WaterDrop.config.kafka
        interval = kafka.delivery_interval || 0
        threshold = kafka.delivery_threshold
        threshold = nil unless threshold&.positive?
        return sync if @given || (interval.zero? && threshold.nil?)

        shared(:async) { [interval, threshold, "async"] }
      end

      # @param producer [#produce_sync, nil] used in place of both; nil goes back to our own
      # @raise [ArgumentError] it can send nothing
      def sync=(producer)
        unless nil == producer || SENDING.any? { |name| Karafka::Setup::Rules.answers?(producer, name) }
          raise ArgumentError, "producer is #{Karafka::Setup::Problems.show(:producer, producer)}; " \
                               "give an object with #{SENDING.join(", ")}, or nil for the one of the process"
        end

        @given = producer
      end

      # Has a producer that records stand in for both, whatever `deliver` says, until {release}.
      # @param recorder [Karafka::Producer]
      # @return [void]
      # @api private
      def capture(recorder)
        @lock.synchronize do
          @before = @given unless capturing?
          @given = @recorder = recorder
        end
      end

      # Goes back to what was there before {capture}.
      # @return [void]
      # @api private
      def release
        @lock.synchronize do
          @given = @before if capturing?
          @recorder = @before = nil
        end
      end

      # Waits until everything on its way is delivered.
      # @param timeout [Numeric, nil] seconds, for each
      # @return [void]
      # @api private
      def flush(timeout)
        @made.each_value { |producer| producer.flush(timeout) } if @pid == ::Process.pid
      end

      # Has the block send through producers of its own, which are made anew and closed behind it.
      # @return [Object] what the block gave
      # @api private
      def apart
        before = @lock.synchronize { change([nil, nil, nil, {}, ::Process.pid]) }
        yield
      ensure
        if before
          close
          @lock.synchronize { change(before) }
        end
      end

      # @return [Boolean] are messages recorded in place of being sent?
      # @api private
      def capturing?
        !@recorder.nil? && @given.equal?(@recorder)
      end

      # @return [Boolean] is a message given to the producer, or only checked?
      # @api private
      def deliver?
        WaterDrop.config.deliver || capturing?
      end

      # Closes what this process has made; the next message makes a new one.
      # @param timeout [Numeric, nil] seconds, for all of them
      # @return [Integer] messages that were not delivered
      def close(timeout = Karafka::Producer::CLOSE_TIMEOUT)
        made = @lock.synchronize do
          mine = @pid == ::Process.pid ? @made.values : []
          @made = {}
          mine
        end
        Karafka::OpenProducers.close(made, timeout)
      end

      private

      # @return [Array] what was there before
      def change(state)
        [@given, @recorder, @before, @made, @pid].tap { @given, @recorder, @before, @made, @pid = state }
      end

      def shared(kind)
        made = @made[kind] if @pid == ::Process.pid
        return made if made && usable?(made)

        useless = nil
        @lock.synchronize do
          forget_parent
          useless = @made.delete(kind) if @made[kind] && !usable?(@made[kind])
          @made[kind] ||= make(*yield)
        end
      ensure
        # What it still holds has failed already and is told now: without the lock, since subscribers may produce.
        useless&.close(0)
      end

      def usable?(producer)
        !producer.closed? && producer.fatal.nil?
      rescue Karafka::Errors::ClosedError
        false
      end

      # After fork the handles belong to the parent; the child makes its own.
      def forget_parent
        return if @pid == ::Process.pid

        @pid = ::Process.pid
        @made = {}
      end

      def make(linger, threshold, name)
        Contract.new(WaterDrop.config).validate!
        properties = Karafka::Setup::Librdkafka.producer(WaterDrop.config, linger: linger, threshold: threshold)
        Karafka::Producer.new(properties, name)
      end
    end
  end
end
