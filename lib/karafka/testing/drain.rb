# frozen_string_literal: true

# Owns the wait until everything is consumed and committed, and what is told when that does not come. Runs on the thread
# of the spec. Only looks: what is consumed, and when, is the engine's.
module Karafka
  module Testing
    # @api private
    class Drain
      # Seconds between two looks while jobs run.
      LOOK = 0.001
      # Seconds that a request to the embedded cluster may take.
      PATIENCE = 5
      # Seconds; a longer rest is not waited for.
      LONG_REST = 1
      # A message that fails so often will not do better.
      ATTEMPTS = 50

      # @param kafka [Kafka]
      # @param groups [Array<Routing::ConsumerGroup>]
      # @param errors [Symbol] :raise or :retry
      # @param timeout [Numeric] seconds
      def initialize(kafka, groups, errors, timeout)
        @kafka = kafka
        @engine = kafka.engine
        @failures = kafka.failures
        @groups = groups
        @retry = errors == :retry
        @timeout = timeout
        @deadline = Clock.now + timeout
      end

      # @return [void]
      # @raise [Exception] what user code raised
      # @raise [Stuck]
      def run
        until drained?
          tell_errors
          try_again
          give_up if Clock.now > @deadline || still?
          sleep LOOK
        end
        # What failed and was marked all the same.
        tell_errors
      end

      private

      # In this order: what is produced by the jobs that the first look finds ended is seen by the second.
      def drained?
        @standing = @engine.standing(@groups)
        return false unless @standing.size == @kafka.partitions_of(@groups).size && @standing.all? { |it| quiet?(it) }

        @kafka.flush
        ends = ends()
        @standing.all? { |it| next_of(it) >= ends.fetch(it.values_at(:topic, :partition)) } && committed?
      end

      def quiet?(place)
        !place[:kept_offset] && %w[idle failed paused].include?(place[:state])
      end

      def next_of(place)
        place[:position] || place[:start] || 0
      end

      def ends
        places = @standing.map { |it| it.values_at(:topic, :partition) }.uniq
        found = Native.positions(Scene.client(@kafka.bootstrap_servers), places, PATIENCE)
        found.to_h { |it| [it.values_at(:topic, :partition), it[:high]] }
      end

      def committed?
        @engine.commit([@deadline - Clock.now, 0.001].max, @groups)
      end

      def tell_errors
        @engine.check
        return @failures.expect_all if @retry && !hopeless

        failure = hopeless || @failures.take(@groups.map(&:name))
        raise failure.error if failure
      end

      def hopeless
        @failures.all.find do |failure|
          failure.attempt.to_i >= ATTEMPTS && @groups.any? { |group| group.name == failure.group }
        end
      end

      # What rests because it failed is tried again at once, when that is wanted.
      def try_again
        resting = @standing.select { |it| it[:kept_offset] && rest(it) && again?(it) }
        @engine.pass(resting.map { |it| rest(it) }.max + 0.001) unless resting.empty?
      end

      # Seconds that are left; nil without an end.
      def rest(place)
        place.dig(:rest, :seconds_left)
      end

      def again?(place)
        failure = @failures.last(place[:group].name, place[:topic], place[:partition])
        failure && (@retry || failure.injected)
      end

      # Will nothing happen any more in the time that is left?
      def still?
        return false if @standing.size < @kafka.partitions_of(@groups).size

        busy = @standing.reject { |it| it[:state] == "idle" }
        busy.any? && busy.all? { |it| rests_long?(it) } && only_rests?
      end

      def rests_long?(place)
        place[:rest] && (rest(place).nil? || rest(place) > LONG_REST) && !again?(place)
      end

      # Those that are idle have nothing to come.
      def only_rests?
        ends = ends()
        @standing.all? { |it| it[:state] != "idle" || next_of(it) >= ends.fetch(it.values_at(:topic, :partition)) }
      end

      def give_up
        raise Stuck, Verdict.new(@kafka, @groups, @standing, ends, @timeout).to_s
      end
    end
  end
end
