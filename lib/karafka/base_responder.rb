# frozen_string_literal: true

# Owns what a user's responder can do: declare topics, collect messages, send them together. An instance belongs to one
# thread. Nothing is sent before the whole call is valid.
module Karafka
  # Parent of all responders.
  # @example
  #   class ExampleResponder < Karafka::BaseResponder
  #     topic :users
  #     topic :audit, required: false, async: true
  #
  #     def respond(user)
  #       respond_to :users, user, key: user["id"]
  #     end
  #   end
  #   ExampleResponder.call(user)
  class BaseResponder
    class << self
      # @return [Hash{String => Responders::Topic}, nil] nil when none was declared
      attr_accessor :topics

      # Declares a topic.
      # @param name [String, Symbol]
      # @param options [Hash] required (default true), multiple_usage (false), async (false)
      # @return [void]
      # @raise [Errors::InvalidResponderUsage] the name is neither a String nor a Symbol
      def topic(name, options = {})
        Responders::Usage.check_name!(self, name)
        # A copy each time: a subclass must not write into what it inherited.
        self.topics = (topics || {}).merge(name.to_s => Responders::Topic.new(name, options))
      end

      # @param data [Array<Object>] arguments of `respond`
      # @return [Hash] see {#call}
      def call(*data)
        new.call(*data)
      end

      def inherited(type)
        super
        type.topics = topics
      end
    end

    # @return [Hash{String => Array<Array(String, Hash)>}] messages of this call, or, until the next one begins, of the
    #   last call: topic => [[message, options], ...]
    attr_reader :messages_buffer

    # @param parser [#generate] turns data into Strings
    # @raise [Errors::InvalidConfiguration] it cannot
    def initialize(parser = Karafka::App.config.parser)
      unless Setup::Rules.answers?(parser, :generate)
        shown = Setup::Problems.show(:parser, parser)
        raise Errors::InvalidConfiguration, "the parser of #{self.class} is #{shown}; " \
                                            "give an object with generate, such as Karafka::Parsers::Json"
      end

      @parser = parser
      @messages_buffer = {}
    end

    # Collects, checks and sends. Messages of synchronous topics are sent together and waited for.
    # @param data [Array<Object>] arguments of `respond`
    # @return [Hash] {#messages_buffer}
    # @raise [Errors::InvalidResponderUsage, WaterDrop::Errors::InvalidMessageOptions] nothing was sent
    # @raise [Errors::DeliveryFailed] it names the messages that Kafka took and those it did not
    def call(*data)
      start_over
      respond(*data)
      Responders::Usage.new(self.class, self.class.topics || {}, messages_buffer).validate!
      deliver
      messages_buffer
    ensure
      @called = true
    end

    # Calls {#respond_to} for each message.
    # @return [void]
    def respond(*_data)
      raise NotImplementedError, "#{self.class} has no respond; write `def respond(...) ... end`"
    end

    private

    # @param topic [String, Symbol] a declared topic
    # @param data [Object] given to the parser
    # @param options [Hash] key, partition, partition_key, headers, create_time
    # @return [void]
    # @raise [Errors::InvalidResponderUsage, WaterDrop::Errors::InvalidMessageOptions, Errors::ParserError]
    def respond_to(topic, data, options = {})
      start_over
      Responders::Usage.check_name!(self.class, topic)
      Responders::Usage.check_options!(topic, options)
      Karafka.monitor.instrument("responders.respond_to", caller: self, topic: topic, data: data, options: options)
      (messages_buffer[topic.to_s] ||= []) << [generate(data), options]
    end

    # nil is a tombstone. Anything else would be sent as its `to_s`, which nobody can parse.
    def generate(data)
      content = @parser.generate(data)
      return content if nil == content || String === content

      raise Errors::ParserError, "#{Setup::Problems.show(:parser, @parser)} made a #{Setup::Problems.type(content)} " \
                                 "of a #{Setup::Problems.type(data)}; its generate must give a String, or nil"
    end

    # A second call of the same instance begins with an empty buffer. It is not emptied before, so that it can be
    # looked at after a call.
    def start_over
      return unless @called

      @called = false
      @messages_buffer = {}
    end

    def deliver
      async, sync = messages.partition { |message| message.delete(:async) }
      return unless WaterDrop::Producers.deliver?

      WaterDrop::Producers.async.produce_many_async(async, handle: false) unless async.empty?
      WaterDrop::Producers.sync.produce_many_sync(sync) unless sync.empty?
    end

    # Topics in the order of their first use. Options of all messages are checked before the first one is sent.
    def messages
      mapper = Karafka::App.config.topic_mapper
      messages_buffer.flat_map do |name, list|
        async = self.class.topics.fetch(name).async?
        topic = Responders::Usage.mapped(name, mapper)
        list.map do |content, options|
          WaterDrop::MessageOptions.normalize(content, options.merge(topic: topic)).merge(async: async)
        end
      end
    end
  end
end
