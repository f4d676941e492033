# frozen_string_literal: true

require_relative "record"
require_relative "fed_records"
require_relative "feed"
require_relative "fed"

# Owns what `karafka` is inside a spec: controllers of routes, and the records they are fed. Belongs to the thread of
# the spec, for one example. Must start nothing and send nothing.
module Karafka
  module Testing
    # @example
    #   controller = karafka.controller_for(:orders)
    #   karafka.produce({ "id" => 1 }, key: "1")
    #   controller.consume
    class Session
      def initialize
        @feeds = {}.compare_by_identity
      end

      # Builds the controller of a route, for one partition.
      # @param topic [String, Symbol] name in the application
      # @param group [String, Symbol, nil] name of the consumer group; needed when several route the topic
      # @param partition [Integer]
      # @return [BaseController] which is {Fed}
      # @raise [Error] there is no such route, or more than one
      def controller_for(topic, group = nil, partition: 0)
        @last = Feed.new(route(topic, group), partition)
        controller = @last.controller.extend(Fed)
        controller.karafka_feed = @last
        @feeds[controller] = @last
        controller
      end
      alias consumer_for controller_for

      # Feeds the controller that was built last with one more message.
      # @param payload [String, nil, Object] as it comes from Kafka; nil is a tombstone; anything else is written by the
      #   parser of the route
      # @param key [String, nil]
      # @param headers [Hash{String, Symbol => String, nil}, nil]
      # @param offset [Integer, nil] the next one when it is left out
      # @param timestamp [Time, Integer, nil] Integer: milliseconds since 1970; default is now
      # @return [Record]
      # @raise [Error] there is no controller yet, or the offset was there
      # @raise [WaterDrop::Errors::InvalidMessageOptions]
      def produce(payload, key: nil, headers: nil, offset: nil, timestamp: nil)
        @last or raise Error, "no controller was built yet; call `karafka.controller_for(:topic)` first"
        feed(@last, payload, key: key, headers: headers, offset: offset, timestamp: timestamp)
      end

      # As {#produce}, to one of several controllers.
      # @param controller [BaseController]
      # @return [Record]
      def produce_to(controller, payload, key: nil, headers: nil, offset: nil, timestamp: nil)
        feed(feed_of(controller), payload, key: key, headers: headers, offset: offset, timestamp: timestamp)
      end

      # Takes the partition from a controller, which runs its `on_revoked`.
      # @param controller [BaseController]
      # @return [void]
      def revoke(controller)
        feed_of(controller).hook("on_revoked")
      end

      # Stops a controller, which runs its `before_stop` and `on_shutdown`.
      # @param controller [BaseController]
      # @return [void]
      def shutdown(controller)
        feed_of(controller).hook("on_shutdown")
      end

      # @param topic [String, Symbol, nil]
      # @return [Array<Record>] see {Testing.produced}
      def produced(topic = nil)
        Testing.produced(topic)
      end
      alias produced_messages produced

      # @param all [Array<Routing::Topic>]
      # @return [Routing::Topic]
      # @api private
      def route(name, group, all = App.consumer_groups.flat_map(&:topics))
        found = all.select { |topic| [topic.name, topic.subscription_name].include?(Routing::Name.of(name)) }
        unrouted!(name, all) if found.empty?
        narrow(name, group, found)
      end

      private

      def feed_of(controller)
        @feeds[controller] || raise(Error, "a #{Setup::Problems.type(controller)} is not fed by this spec; " \
                                           "build it with `karafka.controller_for(:topic)`")
      end

      def feed(feed, payload, key:, headers:, offset:, timestamp:)
        payload = feed.topic.parser.generate(payload) unless nil == payload || String === payload
        WaterDrop::MessageOptions.check!(topic: feed.topic.subscription_name, payload:, key:, headers:, timestamp:)
        place = { topic: feed.topic.name, partition: feed.partition, offset: offset_in(feed, offset) }
        record = Record.build(payload:, key:, headers:, timestamp:, **place)
        feed.add(record)
        record
      end

      def offset_in(feed, given)
        return feed.end_offset unless given
        return given if Integer === given && given >= feed.end_offset

        raise Error, "offset is #{Setup::Problems.show(:offset, given)}; give an Integer from #{feed.end_offset} up: " \
                     "Kafka counts them in the order of messages"
      end

      def narrow(name, group, found)
        in_group = group ? found.select { |topic| topic.consumer_group.name == Routing::Name.of(group) } : found
        return in_group.first if in_group.one?

        groups = found.map { |topic| topic.consumer_group.name }.join(", ")
        if group
          shown = Routing::Name.show(Routing::Name.of(group))
          raise Error, "group #{shown} has no topic #{name}; the groups that have it: #{groups}"
        end
        raise Error, "topic #{name} is in several groups (#{groups}); name one: " \
                     "`controller_for(#{name.inspect}, :#{found.first.consumer_group.name})`"
      end

      def unrouted!(name, all)
        names = all.map(&:name).uniq
        cure = names.empty? ? "there are no routes at all: load karafka.rb first" : Setup::Suggestion.for(name, names)
        raise Error, "there is no route for topic #{Routing::Name.show(Routing::Name.of(name))}; #{cure}"
      end
    end
  end
end
