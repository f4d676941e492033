# frozen_string_literal: true

# Owns the thread that has partitions take turns while nothing comes, for controllers with poll callbacks; without any
# there is no such thread. Must never hold up a partition that has messages, and must end with the process.
module Karafka
  module Processing
    # @api private
    class Turns
      # Seconds; turns are never closer to each other, whatever `max_wait_time` says.
      SHORTEST = 0.05

      class << self
        # @param controllers [Controllers]
        # @param groups [Array<Routing::ConsumerGroup>]
        # @return [Turns, nil] nil when no controller has poll callbacks
        def start(controllers, groups)
          waiting = groups.select { |group| group.topics.any? { |topic| topic.controller.turns? } }
          new(controllers, [waiting.map(&:max_wait_time).min, SHORTEST].max) if waiting.any?
        end
      end

      # @param controllers [Controllers]
      # @param interval [Numeric] seconds
      def initialize(controllers, interval)
        @controllers = controllers
        @interval = interval
        @resting = {}.compare_by_identity
        @lock = Mutex.new
        @changed = ConditionVariable.new
        @thread = Thread.new { go_round until over? }
        @thread.name = "karafka-turns"
      end

      # Begins no further turn, and waits for the one that runs.
      # @param timeout [Numeric, nil] seconds
      # @return [Boolean] is none running any more?
      def stop(timeout)
        @lock.synchronize do
          @stopped = true
          @changed.signal
        end
        !@thread.join(timeout).nil?
      end

      private

      # Waits for the next round.
      def over?
        @lock.synchronize do
          @changed.wait(@lock, @interval) unless @stopped
          @stopped
        end
      end

      def go_round
        instances = @controllers.all.select { |controller| controller.class.turns? }
        @resting.keep_if { |controller, _| instances.include?(controller) }
        instances.each do |controller|
          break if @stopped || App.quiet?

          turn(controller) unless @resting.fetch(controller, 0) > now
        end
      end

      def turn(controller)
        controller.take_empty_turn
      rescue Exception => e
        UnitOfWork.stop_for(e)
        rest = controller.topic.consumer_group.pause_timeout
        @resting[controller] = now + rest
        tell(controller, e, rest)
      end

      def tell(controller, error, rest)
        topic = controller.topic
        report = { group: topic.consumer_group.name, topic: topic.name, partition: controller.partition }
        Karafka.monitor.instrument("worker.turn_failed", **report, error: error, backoff: rest)
      rescue StandardError => e
        # A subscriber may raise; the next turn must come all the same.
        Karafka.monitor.notice_error(self.class, e)
      end

      def now
        ::Process.clock_gettime(::Process::CLOCK_MONOTONIC)
      end
    end
  end
end
