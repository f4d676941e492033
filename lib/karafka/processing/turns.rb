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
          # New code may have some later.
          all = Routing::Reference.reloading
          waiting = groups.select { |group| all || group.topics.any? { |topic| topic.controller.empty_turns? } }
          new(controllers, waiting.map { |group| interval(group) }.min) if waiting.any?
        end

        # @param group [Routing::ConsumerGroup]
        # @return [Numeric] seconds between its turns while nothing comes
        def interval(group)
          [group.max_wait_time, SHORTEST].max
        end

        # A poll callback raised where no message fails by it.
        # @param controller [BaseController]
        # @param turn [Turn]
        # @param error [Exception]
        # @return [void]
        def failed(controller, turn, error)
          UnitOfWork.stop_for(error)
          topic = controller.topic
          rest = topic.consumer_group.pause_timeout
          turn.rest(rest)
          report = { group: topic.consumer_group.name, topic: topic.name, partition: controller.partition }
          Karafka.monitor.instrument("worker.turn_failed", **report, error: error, backoff: rest)
        end
      end

      # @param controllers [Controllers]
      # @param interval [Numeric] seconds
      def initialize(controllers, interval)
        @controllers = controllers
        @interval = interval
        @lock = Mutex.new
        @changed = ConditionVariable.new
        start
      end

      # Begins no further turn, and waits for the one that runs.
      # @param timeout [Numeric, nil] seconds
      # @return [Boolean] is none running any more?
      def stop(timeout)
        thread = @lock.synchronize do
          @stopped = true
          @changed.signal
          @thread
        end
        !thread.join(timeout).nil?
      end

      private

      # User code may kill the thread; the other partitions must not be left without turns.
      def start
        @thread = Thread.new do
          go_round until over?
        ensure
          @lock.synchronize { start unless @stopped }
        end
        @thread.name = "karafka-turns"
      end

      # Waits for the next round.
      def over?
        @lock.synchronize do
          @changed.wait(@lock, @interval) unless @stopped
          @stopped
        end
      end

      def go_round
        @controllers.all.each do |controller|
          break if @stopped || App.quiet?

          next unless controller.class.empty_turns? && controller.karafka_turn_due?

          # Outside of the turn's lock: whoever reloads code waits for those inside.
          tagged(controller) { Isolation.wrap { controller.karafka_take_empty_turn } }
        rescue Exception => e
          # A subscriber may raise; the next turn must come all the same.
          Karafka.monitor.notice_error(self.class, e)
        end
      end

      def tagged(controller, &block)
        topic = controller.topic
        tags = Instrumentation::LogTags.take
        return yield unless tags

        tags.around({ group: topic.consumer_group.name, topic: topic.name, partition: controller.partition }, &block)
      end
    end
  end
end
