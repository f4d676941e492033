# frozen_string_literal: true

# Owns the failures of a spec: those it asked for, and those that user code had. Used by workers and by the thread of
# the spec, behind a lock. Must not decide what becomes of a job.
module Karafka
  module Testing
    # @api private
    class Failures
      EVENTS = %w[worker.failed worker.hook_failed worker.turn_failed].freeze
      private_constant :EVENTS

      def initialize
        @lock = Mutex.new
        @all = []
        @unseen = []
        @planned = []
        @injected = {}.compare_by_identity
        @troubles = []
      end

      # @return [Array<String>] what clients have told of the cluster
      attr_reader :troubles

      # Hears of failures while the block runs.
      # @return [Object] what the block gave
      def watch
        hear = ->(event) { add(event.payload) }
        trouble = ->(event) { @troubles |= ["#{event[:group]}: #{event[:message]}"] }
        EVENTS.each { |event| Karafka.monitor.subscribe(event, &hear) }
        Karafka.monitor.subscribe("connection.error", &trouble)
        yield
      ensure
        Karafka.monitor.unsubscribe(hear)
        Karafka.monitor.unsubscribe(trouble)
      end

      # @return [Array<Failure>] all there were, oldest first
      def all
        @lock.synchronize { @all.dup }
      end

      # @param groups [Array<String>] names
      # @return [Failure, nil] the first that nobody was told of; now somebody is
      def take(groups)
        @lock.synchronize do
          index = @unseen.index { |failure| groups.include?(failure.group) }
          index && @unseen.delete_at(index)
        end
      end

      # Those that nobody was told of are expected.
      # @return [void]
      def expect_all
        @lock.synchronize { @unseen.clear }
      end

      # @param topic [String] name in the application
      # @param group [String, nil]
      # @param errors [Array<Exception, Class>]
      # @return [void]
      def plan(topic, group, errors)
        @lock.synchronize { errors.each { |error| @planned << [topic, group, error] } }
      end

      # @param topic [Routing::Topic]
      # @return [void]
      # @raise [Exception] what was planned for it
      def raise_next(topic)
        error = @lock.synchronize do
          index = @planned.index do |name, group, _|
            name == topic.name && [nil, topic.consumer_group.name].include?(group)
          end
          made(@planned.delete_at(index).last) if index
        end
        raise error if error
      end

      # @return [Failure, nil] the last one of a partition
      def last(group, topic, partition)
        all.reverse.find { |it| [it.group, it.topic, it.partition] == [group, topic, partition] }
      end

      private

      def made(planned)
        error = Class === planned ? planned.new("injected by fail_next") : planned
        @injected[error] = true
        error
      end

      def add(report)
        fields = report.values_at(:error, :group, :topic, :partition, :offset, :attempt, :backoff)
        @lock.synchronize do
          injected = @injected.key?(report[:error])
          failure = Failure.new(*fields, injected)
          @all << failure
          @unseen << failure unless injected
        end
      end
    end
  end
end
