# frozen_string_literal: true

# Owns what a route says about one consumer group. Written while routes are drawn, read from every thread after. Must
# not know threads or the native part.
module Karafka
  module Routing
    # A consumer group as routed. Has a reader for every setting a group may have: its own value, else the root's.
    class ConsumerGroup
      # Words with a root setting as their default.
      ROOT_DEFAULTS = %i[batch_fetching max_messages concurrency].freeze
      # Words with a setting below `kafka` as their default.
      KAFKA_DEFAULTS = (%i[seed_brokers] + Setup::Contract::GROUP.keys).freeze

      # @return [Array<Symbol>] words a group block may use
      def self.words
        ROOT_DEFAULTS + KAFKA_DEFAULTS + %i[librdkafka]
      end

      # @return [Array<Symbol>] words that take a block
      def self.nested
        %i[topic]
      end

      # @return [String] name as written in the route
      attr_reader :name
      # @return [Array<Topic>]
      attr_reader :topics

      attr_writer :librdkafka

      # @param name [String, Symbol]
      # @param config [Setup::Config] source of defaults
      def initialize(name, config = Karafka::App.config)
        @name = Name.of(name)
        @config = config
        @topics = []
        @by_raw_name = {}
      end

      # @return [String] id sent to Kafka
      def id
        @id ||= Name.of(@config.consumer_mapper.call(name))
      end

      # @return [String]
      def client_id
        @config.client_id
      end

      # Adds a topic.
      # @param name [String, Symbol]
      # @return [Topic]
      def topic(name, &block)
        topic = Topic.new(name, self, @config)
        Proxy.new(topic, &block)
        @topics << topic.build
        topic
      end

      extend Defaults
      default(ROOT_DEFAULTS) { |config| config }
      default(KAFKA_DEFAULTS, &:kafka)

      # @return [Hash{String, Symbol => Object}] properties of the root, overridden by the group's
      def librdkafka
        root = @config.kafka.librdkafka
        return NilClass === @librdkafka ? root : @librdkafka unless Hash === @librdkafka && Hash === root

        by_name(root).merge(by_name(@librdkafka))
      end

      # @param raw_name [String] topic name in the cluster
      # @return [Topic]
      # @raise [Errors::NonMatchingRouteError]
      def topic_for(raw_name)
        @by_raw_name[raw_name] ||= begin
          mapped = @config.topic_mapper.incoming(raw_name).to_s
          topics.find { |topic| topic.name == mapped } || no_route(raw_name, mapped)
        end
      end

      # @param word [Symbol]
      # @return [Boolean] was the word written in the route, or is the value the root's?
      def own?(word)
        @own&.include?(word) || false
      end

      # @return [Boolean] does this process consume the group? (`karafka server --consumer-groups`)
      def active?
        chosen = defined?(Karafka::Server) ? Array(Karafka::Server.consumer_groups).map(&:to_s) : []
        chosen.empty? || chosen.include?(name)
      end

      # Reads every word once, so that later changes of settings do not reach a drawn route.
      # @return [ConsumerGroup] self
      def build
        @own = self.class.words.reject { |word| NilClass === instance_variable_get(:"@#{word}") }
        @librdkafka = librdkafka
        self.class.words.each { |word| public_send(word) }
        self
      end

      # @return [Hash{Symbol => Object}]
      def to_h
        settings = self.class.words.to_h { |word| [word, public_send(word)] }
        settings.merge(topics: topics.map(&:to_h), id: id, name: name)
      end

      # @return [String] for error texts
      def to_s
        "consumer group #{Name.show(name)}"
      end

      # Settings may be secrets, so they are not shown.
      def inspect
        "#<#{self.class} #{id}: #{topics.map(&:name).join(", ")}>"
      end

      private

      # Names that are none stay as they are, for the contract to find.
      def by_name(properties)
        properties.transform_keys { |name| Name.of(name) }
      end

      def no_route(raw_name, mapped)
        raise Errors::NonMatchingRouteError, "no route for topic #{raw_name} (#{mapped} after the topic mapper) in " \
                                             "#{self}; add it, or mend the topic_mapper"
      end
    end
  end
end
