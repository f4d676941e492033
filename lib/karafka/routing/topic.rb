# frozen_string_literal: true

# Owns what a route says about one topic of one group. Written while routes are drawn, read from every thread after.
# Must not know threads or the native part.
module Karafka
  module Routing
    # A topic as routed.
    class Topic
      # Words with a root setting as their default.
      ROOT_DEFAULTS = %i[backend parser batch_consuming persistent].freeze
      # Words with a setting below `kafka` as their default.
      KAFKA_DEFAULTS = %i[start_from_beginning max_bytes_per_partition].freeze

      # @return [Array<Symbol>] words a topic block may use
      def self.words
        %i[controller responder name] + ROOT_DEFAULTS + KAFKA_DEFAULTS
      end

      # @return [Array<Symbol>] words that take a block
      def self.nested
        []
      end

      # @return [String] name in the application
      attr_reader :name
      # @return [ConsumerGroup]
      attr_reader :consumer_group
      # @return [Class, nil] what consumes; nil only before the routes were checked
      attr_reader :controller
      attr_writer :responder
      # @return [Boolean, nil] does its controller mark by itself, whatever the group says? Not a word of the routes
      # @api private
      attr_accessor :marks_by_hand

      # @param name [String, Symbol]
      # @param consumer_group [ConsumerGroup]
      # @param config [Setup::Config] source of defaults
      def initialize(name, consumer_group, config = Karafka::App.config)
        @consumer_group = consumer_group
        @config = config
        self.name = name
      end

      # @return [String] unique inside the process: group id and name
      def id
        "#{consumer_group.id}_#{name}"
      end

      # @return [String] name in the cluster, the one to subscribe to
      def subscription_name
        @subscription_name ||= Name.of(@config.topic_mapper.outgoing(name))
      end

      # @param value [Class]
      def controller=(value)
        @controller = value
        # Specs call `Controller.new` by hand; then this is the only way to find the route. Instances that the
        # framework builds carry their own topic, so that one class can serve many.
        value.topic = self if Class === value && value.respond_to?(:topic=)
      end

      # @param value [String, Symbol]
      def name=(value)
        @name = Name.of(value)
        @subscription_name = nil
      end

      # @return [Class, nil] the responder of the route, else the one named like the controller (XController ->
      #   XResponder, same namespace)
      def responder
        @responder ||= responder_by_name
      end

      extend Defaults
      default(ROOT_DEFAULTS) { |config| config }
      default(KAFKA_DEFAULTS, &:kafka)

      # Reads every word once, so that later changes of settings do not reach a drawn route.
      # @return [Topic] self
      def build
        self.class.words.each { |word| public_send(word) }
        self
      end

      # @return [Boolean] does the controller want to hear about assignment, revocation or shutdown?
      def hooks?
        @hooks = controller.hooks? if @hooks.nil?
        @hooks
      end

      # A new controller that knows this topic, already inside its `initialize`.
      # @return [BaseController]
      def build_controller
        controller.allocate.tap do |instance|
          instance.topic = self
          instance.send(:initialize)
        end
      end

      # @return [Hash{Symbol => Object}]
      def to_h
        self.class.words.to_h { |word| [word, public_send(word)] }.merge(id: id)
      end

      # @return [String] for error texts
      def to_s
        "topic #{Name.show(name)}"
      end

      # @return [String]
      def inspect
        "#<#{self.class} #{id} -> #{controller}>"
      end

      private

      # Only when the substitution changed the name: a class that is not called "...Controller" must not become its
      # own responder. Only in the same namespace: another module's responder belongs to another controller.
      def responder_by_name
        return unless Class === controller

        namespace, _, own = controller.name.to_s.rpartition("::")
        guess = own.sub(/Controller\z/, "Responder")
        return if guess == own

        parent = namespace.empty? ? Object : Object.const_get(namespace)
        parent.const_get(guess, false) if parent.const_defined?(guess, false)
      end
    end
  end
end
