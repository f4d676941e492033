# frozen_string_literal: true

# Owns what `kafka` is inside of `with_kafka`: an embedded cluster, the application's groups on it, and what a spec may
# have happen to them. Used by the thread of the spec. Must leave nothing behind: no thread, no client, no setting.
module Karafka
  module Testing
    # The application's routes on the real engine and an embedded broker, in this process.
    # @example
    #   with_kafka(partitions: 2) do |kafka|
    #     kafka.produce(:orders, { id: 1 }, key: "1")
    #     kafka.fail_next(:orders)
    #     kafka.drain
    #   end
    class Kafka
      # Seconds that a {#drain} may take.
      DRAIN_TIMEOUT = 10

      class << self
        # @return [Object] what the block gave
        # @api private
        def run(topics:, partitions:, groups:, brokers:, &block)
          chosen = Selection.groups(groups)
          counts = Selection.partitions(chosen, topics, partitions)
          EmbeddedBroker.start(brokers: brokers) do |broker|
            failures = Failures.new
            Scene.play(broker.bootstrap_servers) do
              failures.watch { new(broker, brokers, chosen, failures, counts).run(&block) }
            end
          end
        ensure
          # What the core keeps for messages is given back when they are collected: here, not some day.
          GC.start(full_mark: false, immediate_sweep: true)
        end
      end

      # @return [EmbeddedBroker]
      attr_reader :broker
      # @api private
      attr_reader :engine, :failures

      # @api private
      def initialize(broker, brokers, groups, failures, counts)
        @broker = broker
        @brokers = brokers
        @failures = failures
        @counts = counts
        broker.create_topics(counts)
        @engine = Engine.new(groups.map { |group| Scene.move(group, bootstrap_servers) }, failures)
        @rebalance = Rebalance.new(@engine)
      end

      # @api private
      def run
        @engine.start(partitions_of(@engine.groups).size)
        yield self
      ensure
        Scene.heal(@broker, @brokers)
        @producer&.close(1)
        @engine.finish
      end

      # @return [String] addresses of the cluster, for clients of other makes
      def bootstrap_servers
        @broker.bootstrap_servers
      end

      # Sends a message to the cluster, and waits until it is there.
      # @param topic [String, Symbol] name in the application
      # @param payload [String, nil, Object] nil is a tombstone; what is no String is written by the parser of the route
      # @param options [Hash] key, headers, partition, partition_key, timestamp
      # @return [Producer::Report]
      # @raise [WaterDrop::Errors::InvalidMessageOptions, Errors::DeliveryFailed]
      def produce(topic, payload, **options)
        route = topic_named(topic)
        parser = route ? route.parser : App.config.parser
        payload = parser.generate(payload) unless nil == payload || String === payload
        producer.produce_sync(topic: name_of(topic, route), payload: payload, **options)
      end

      # Waits until everything that was produced is consumed, and Kafka knows it.
      # @param group [String, Symbol, nil] name of one consumer group; nil: all
      # @param errors [Symbol] :raise has an error of user code raised here; :retry has what failed tried again, without
      #   its rest, until it succeeds (or has failed 50 times). What {#fail_next} injects is always tried again
      # @param timeout [Numeric] seconds
      # @return [void]
      # @raise [Exception] what user code raised
      # @raise [Stuck] nothing more happens, or the time is over; it says what is where, and why
      def drain(group = nil, errors: :raise, timeout: DRAIN_TIMEOUT)
        unless %i[raise retry].include?(errors)
          raise Error, "drain(errors: #{Setup::Problems.show(:errors, errors)}) cannot be; give :raise or :retry"
        end

        Drain.new(self, groups_named(group), errors, timeout).run
      end

      # Has time pass for what rests or is paused, and for timed commits, without waiting for it.
      # @param seconds [Numeric]
      # @return [void]
      def pass(seconds)
        return @engine.pass(seconds.to_f) if Setup::Rules.seconds?(seconds)

        raise Error, "pass(#{Setup::Problems.show(:seconds, seconds)}) cannot be; give seconds from 0 up"
      end

      # Has the next jobs of a topic fail, before user code sees them, or the next requests to the cluster.
      # @param topic [String, Symbol, nil] name in the application
      # @param group [String, Symbol, nil] only in this consumer group
      # @param error [Exception, Class] that the job fails with
      # @param request [Symbol, nil] a kind of request in place of a topic: :produce, :fetch, :offset_commit and the
      #   others of {EmbeddedBroker#inject}
      # @param code [String] that the cluster answers the requests with; "_TRANSPORT" closes the connection
      # @param times [Integer]
      # @return [void]
      # @raise [Error, Errors::InvalidConfiguration]
      def fail_next(topic = nil, group: nil, error: RuntimeError, request: nil, code: "_TRANSPORT", times: 1)
        return inject(kind: :requests, api: request, code: code, times: times) if request && nil == topic

        name = Routing::Name.of(topic)
        unless request.nil? && @engine.groups.any? { |it| it.topics.any? { |routed| routed.name == name } }
          raise Error, "fail_next(#{Setup::Problems.show(:topic, topic)}) names no topic of a route; give one, or " \
                       "`request:` alone"
        end
        @failures.plan(name, group && Routing::Name.of(group), [error] * times)
      end

      # Takes a partition from the application's member, as a rebalance does: running work gets a second to end, hooks
      # run, what is done is committed, nothing can be marked any more. It comes back behind the block, or at once, and
      # goes on at the committed offset. Nobody else consumes it meanwhile.
      # @param topic [String, Symbol] name in the application
      # @param partition [Integer]
      # @param group [String, Symbol, nil] name of the consumer group; needed when several route the topic
      # @return [Object] what the block gave
      # @raise [Error] there is no such partition, or it is away already
      def revoke(topic, partition = 0, group: nil)
        route = route(topic, group)
        unless partition_held?(route, partition)
          raise Error, "#{topic}/#{partition} cannot be revoked: group #{route.consumer_group.name} does not have it"
        end

        @rebalance.away(group_of(route), [[route.subscription_name, partition]]) { yield if block_given? }
      end

      # Has a second member join the group, which takes its share of the partitions and consumes nothing, and leave
      # behind the block, or at once; what it had comes back. By the group's own protocol, for which an
      # embedded cluster needs about two seconds.
      # @param group [String, Symbol, nil] name of the consumer group; needed when there are several
      # @return [Object] what the block gave
      # @raise [Error] the group did not get there in time
      def rebalance(group = nil)
        found = groups_named(group)
        unless found.one?
          raise Error, "rebalance needs the name of a group: #{found.map(&:name).join(", ")}"
        end

        @rebalance.with_second_member(found.first) { yield if block_given? }
      end

      # Any other fault of the cluster: see {EmbeddedBroker#inject}.
      # @return [void]
      def inject(**fault)
        @broker.inject(**fault)
      end

      # @return [Array<Failure>] what jobs have failed with, oldest first
      def errors
        @failures.all
      end

      # @param topic [String, Symbol] name in the application
      # @return [Array<Record>] what is in it, by partition and offset, whoever has sent it
      def records(topic)
        flush
        name = name_of(topic)
        Reader.read(bootstrap_servers, name, @counts.fetch(name, EmbeddedBroker::DEFAULT_PARTITIONS))
      end

      # @param topic [String, Symbol] name in the application
      # @param partition [Integer]
      # @param group [String, Symbol, nil] name of the consumer group; needed when several route the topic
      # @return [Integer, nil] the offset that the group would go on at, as Kafka has it
      def committed(topic, partition: 0, group: nil)
        route = route(topic, group)
        Native.positions(Scene.client(bootstrap_servers, "group.id" => route.consumer_group.id),
                         [[route.subscription_name, partition]], DRAIN_TIMEOUT).first[:committed]
      end

      # === for Drain ===

      # @api private
      def partitions_of(groups)
        groups.flat_map do |group|
          group.topics.flat_map do |topic|
            Array.new(@counts.fetch(topic.subscription_name)) { |number| [group, topic.subscription_name, number] }
          end
        end - @rebalance.gone
      end

      # Waits for messages of the application that nobody waits for.
      # @api private
      def flush
        WaterDrop::Producers.flush(DRAIN_TIMEOUT)
      end

      private

      # Not the application's: what it asks of its own producer is not meant for this one.
      def producer
        @producer ||= Producer.new(Scene.client(bootstrap_servers, "linger.ms" => "0", **Scene::PLAIN))
      end

      def route(topic, group)
        Session.new.route(topic, group, @engine.groups.flat_map(&:topics))
      end

      # The routes know their group as it was drawn.
      def group_of(route)
        @engine.groups.find { |group| group.topics.include?(route) }
      end

      def partition_held?(route, partition)
        @engine.standing.any? { |it| it.values_at(:topic, :partition) == [route.subscription_name, partition] }
      end

      def groups_named(name)
        return @engine.groups unless name

        @engine.groups.select { |group| group.name == Routing::Name.of(name) }.tap do |found|
          raise Error, "drain(#{name.inspect}) names no group that runs; #{names}" if found.empty?
        end
      end

      def names
        "these do: #{@engine.groups.map(&:name).join(", ")}"
      end

      def topic_named(name)
        @engine.groups.flat_map(&:topics).find { |topic| topic.name == Routing::Name.of(name) }
      end

      def name_of(name, route = topic_named(name))
        route ? route.subscription_name : Routing::Name.of(name)
      end
    end
  end
end
