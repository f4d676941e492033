# frozen_string_literal: true

# Owns the controller instances, one per assigned partition. Called from every worker, for different partitions at the
# same time, and from the listener. Must not call user code but `new`, and `on_assigned` where new code takes over.
module Karafka
  module Processing
    class Controllers
      def initialize
        @lock = Mutex.new
        @by_assignment = {}
        @turns = {}
      end

      # The partition's instance; a new one when the topic is not persistent or the partition was assigned anew.
      # @param native [Native::Batch]
      # @param topic [Routing::Topic]
      # @return [BaseController]
      def fetch(native, topic)
        kept = topic.persistent && @lock.synchronize { @by_assignment[native.assignment] }
        return kept if kept && !outdated?(kept, topic)

        # User code, so outside the lock; nobody else builds one for this partition meanwhile.
        controller = topic.build_controller
        controller.karafka_lease = native.lease
        controller.karafka_join_turns(turn(topic, native.partition), native.assignment) if topic.controller.turns?
        # What the old one knew is gone with it.
        controller.on_assigned if kept && native.hook != "on_assigned"
        @lock.synchronize { @by_assignment[native.assignment] = controller }
        # Revoked meanwhile: its `drop` may have come before. A hook comes after this in any case.
        drop([native.assignment]) if native.revoked? && !topic.hooks?
        controller
      end

      # @return [Array<BaseController>] the instances there are
      def all
        @lock.synchronize { @by_assignment.values }
      end

      # Gives the instance and forgets it.
      # @param assignment [Integer]
      # @return [BaseController, nil] nil when the partition never had one
      def take(assignment)
        @lock.synchronize { @by_assignment.delete(assignment) }
      end

      # Forgets the instances of partitions that went away.
      # @param assignments [Array<Integer>]
      # @return [void]
      def drop(assignments)
        @lock.synchronize { assignments.each { |assignment| @by_assignment.delete(assignment) } }
      end

      private

      # Has its class been replaced by new code?
      def outdated?(controller, topic)
        Routing::Reference.reloading && !controller.instance_of?(topic.controller)
      end

      # One for each partition, for the life of the process: instances come and go.
      def turn(topic, partition)
        @lock.synchronize do
          @turns[[topic, partition]] ||= Turn.new(Turns.interval(topic.consumer_group))
        end
      end
    end
  end
end
