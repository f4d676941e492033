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

      # @return [Class, nil] what consumes; nil only before the routes were checked
      def controller
        @controller&.current
      end

      # @param value [Class, String] the name of a class has it loaded when the first message comes
      def controller=(value)
        @controller = refer(:controller, value) do |type|
          # Specs call `Controller.new` by hand; then this is the only way to find the route. Instances that the
          # framework builds carry their own topic, so that one class can serve many.
          type.topic = self if Class === type && type.respond_to?(:topic=)
        end
      end

      # @param value [String, Symbol]
      def name=(value)
        @name = Name.of(value)
        @subscription_name = nil
      end

      # @return [Class, nil] the responder of the route, else the one named like the controller (XController ->
      #   XResponder, same namespace)
      def responder
        @responder ? @responder.current : @guessed ||= responder_by_name
      end

      # @param value [Class, String, nil]
      def responder=(value)
        @responder = nil == value ? nil : refer(:responder, value)
      end

      # @return [#parse, #generate] the route's own, else that of the settings
      def parser
        return @parser unless NilClass === @parser

        @parser = @parser_reference ? @parser_reference.current : @config.parser
      end
      attr_writer :parser

      extend Defaults
      default(ROOT_DEFAULTS - %i[parser]) { |config| config }
      default(KAFKA_DEFAULTS, &:kafka)

      # Reads every word once, so that later changes of settings do not reach a drawn route. Classes that are given by
      # their names are not loaded.
      # @return [Topic] self
      def build
        words = self.class.words
        # The responder may be the one that is named like the controller.
        words -= %i[controller responder] if @controller&.by_name? || @responder&.by_name?
        words.each { |word| public_send(word) }
        self
      end

      # What a route says of a class, as it was given.
      # @param word [Symbol] :controller or :responder
      # @return [Reference, nil]
      # @api private
      def reference(word)
        word == :controller ? @controller : @responder
      end

      # Has classes looked up again by their names. While it runs no user code may.
      # @return [void]
      # @api private
      def forget_classes
        @guessed = nil
        @controller&.forget
        @responder&.forget
        return unless Module === @parser && @parser.name

        @parser_reference ||= refer(:parser, @parser)
        @parser_reference.forget
        @parser = nil
      end

      # @return [Boolean] does the controller want to hear about assignment, revocation or shutdown? New code may want
      #   it later.
      def hooks?
        return true if Reference.reloading

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

      def refer(word, value, &found)
        Reference.new(value, "#{consumer_group}, #{self}: #{word}", &found)
      end

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
