# frozen_string_literal: true

# Owns partitions that go and come inside a spec: one by one, by the engine's own ways, and by a second member of the
# group, which holds what it gets and consumes nothing. Belongs to the thread of the spec. Must wait for nothing without
# a bound.
module Karafka
  module Testing
    # @api private
    class Rebalance
      # Seconds that a group may take.
      PATIENCE = 15

      # @return [Array<Array(Routing::ConsumerGroup, String, Integer)>] those that are with nobody, or somebody else
      attr_reader :gone

      # @param engine [Engine]
      def initialize(engine)
        @engine = engine
        @gone = []
      end

      # Without these partitions while the block runs.
      # @param group [Routing::ConsumerGroup]
      # @param places [Array<Array(String, Integer)>]
      # @return [Object] what the block gave
      def away(group, places)
        consumer = @engine.consumer_of(group)
        # In a protocol that is not cooperative all go at once.
        places = held(group) unless cooperative?(group)
        consumer.revoke(places)
        wait("#{names(places)} did not go") { (held(group) & places).empty? }
        @gone += places.map { |place| [group, *place] }
        yield
      ensure
        # Also after an error: the spec may go on.
        back(group, consumer, places) if @gone.any?
      end

      # With a second member while the block runs.
      # @param group [Routing::ConsumerGroup]
      # @return [Object] what the block gave
      def with_second_member(group)
        all = held(group)
        raise Error, "a rebalance needs two partitions; call `with_kafka(partitions: 2)`" if all.size < 2

        inbox = Native::Inbox.new
        second = Native::Consumer.new(inbox, @engine.settings_of(group))
        wait("the second member got no partition") { settled?(second, group, all) }
        @gone += (all - held(group)).map { |place| [group, *place] }
        yield
      ensure
        second&.close(PATIENCE)
        inbox&.close
        @gone.reject! { |it| it.first == group }
        wait("the partitions of the second member did not come back") { held(group).sort == all.sort } if all
      end

      private

      def back(group, consumer, places)
        @gone.reject! { |it| it.first == group && places.include?(it.drop(1)) }
        wait("#{names(places)} did not come back") do
          consumer.assign(places) unless (places - held(group)).empty?
          (places - held(group)).empty?
        end
      end

      # Each partition is with one of them, and both have some.
      def settled?(second, group, all)
        theirs = places(second.partitions(1) || [])
        ours = held(group)
        theirs.any? && (theirs & ours).empty? && (theirs + ours).sort == all.sort
      end

      def held(group)
        places(@engine.standing([group]))
      end

      def places(standing)
        standing.map { |it| it.values_at(:topic, :partition) }
      end

      def names(places)
        places.map { |place| place.join("/") }.join(", ")
      end

      def cooperative?(group)
        Setup::Librdkafka.consumer(group)["partition.assignment.strategy"] == "cooperative-sticky"
      end

      def wait(failed)
        deadline = Clock.now + PATIENCE
        until yield
          raise Error, "#{failed} (within #{PATIENCE} s)" if Clock.now > deadline

          @engine.check
          sleep 0.002
        end
      end
    end
  end
end
