# frozen_string_literal: true

# Owns the server inside a spec: the one of production, on threads of its own, without its signals. What differs is that
# a spec can see where each partition stands, move the clock of rests, have jobs fail, and that it always ends. Started
# and stopped by the thread of the spec.
module Karafka
  module Testing
    # @api private
    class Engine < Server
      # Has the next jobs of a topic fail, before user code sees them.
      class Controllers < Processing::Controllers
        # @param failures [Failures]
        def initialize(failures)
          super()
          @failures = failures
        end

        # (see Processing::Controllers#fetch)
        def fetch(native, topic)
          @failures.raise_next(topic) unless native.hook
          super
        end
      end

      # Seconds until a spec that cannot be started is told so.
      START_TIMEOUT = 15
      # Seconds that user code gets to end when the spec has ended.
      STOP_TIMEOUT = 2

      # @return [Array<Routing::ConsumerGroup>]
      attr_reader :groups

      # @param groups [Array<Routing::ConsumerGroup>]
      # @param failures [Failures]
      def initialize(groups, failures)
        super(groups)
        @controllers = Controllers.new(failures)
      end

      # @param partitions [Integer] that the groups are to have in all
      # @return [void]
      # @raise [Exception] what kept it from starting
      def start(partitions)
        @thread = Thread.new { run }
        @thread.name = "karafka-testing-server"
        @thread.report_on_exception = false
        deadline = Clock.now + START_TIMEOUT
        until standing.size >= partitions
          check
          sleep 0.001
          raise Error, "the groups did not get their partitions within #{START_TIMEOUT} s" if Clock.now > deadline
        end
      end

      # @return [void]
      # @raise [Errors::KafkaError] a group could never consume again
      def finish
        return unless @thread

        App.config.with(shutdown_timeout: [App.config.shutdown_timeout, STOP_TIMEOUT].compact.min) do
          App.stop!
          @thread.join(START_TIMEOUT)
        end
      ensure
        @workers&.kill(STOP_TIMEOUT)
      end

      # @return [void]
      # @raise [Exception] it has ended, of this
      def check
        @thread.join(0) and raise Error, "the server has ended; does something call App.stop! or `consumer.stop`?"
      end

      # @return [Array<Hash>] how each held partition is, as `/status` tells, with its group
      def standing(of = @groups)
        @consumers.zip(@groups).flat_map do |consumer, group|
          next [] unless consumer && of.include?(group)

          (consumer.partitions(1) || []).map { |it| it.merge(group: group) }
        end
      rescue Errors::ClosedError
        # Only when it has stopped by itself, which it says.
        @thread.join(STOP_TIMEOUT)
        check
        raise
      end

      # @return [Boolean] has Kafka confirmed what is marked?
      def commit(timeout, of = @groups)
        @consumers.zip(@groups).all? { |consumer, group| !of.include?(group) || consumer.commit(timeout) }
      end

      # @param seconds [Float]
      # @return [void]
      def pass(seconds)
        @consumers.each { |consumer| consumer.pass(seconds) }
        nil
      end

      # @return [Hash] what a member of the group is started with
      def settings_of(group)
        settings(group, @groups.index(group))
      end

      # @return [Native::Consumer]
      def consumer_of(group)
        @consumers[@groups.index(group)]
      end
    end
  end
end
