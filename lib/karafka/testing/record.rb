# frozen_string_literal: true

# Owns what is known of one recorded message. A value; any thread. Must not change after it is made.
module Karafka
  module Testing
    # A message as Kafka would keep it.
    Record = Struct.new(
      # rubocop:disable Lint/StructNewOverride -- Kafka's own word
      :topic, :payload, :key, :headers, :partition, :offset, :timestamp, :partition_key, keyword_init: true
      # rubocop:enable Lint/StructNewOverride
    ) do
      # @param name [String, Symbol] in the application or in the cluster
      # @return [Boolean] was it sent there?
      def to?(name)
        name = Routing::Name.of(name)
        topic == name || topic == Routing::Name.of(App.config.topic_mapper.outgoing(name))
      end

      # @param parser [#parse]
      # @return [Object, nil] the payload, parsed; nil for a tombstone
      # @raise [Errors::ParserError]
      def parsed(parser = App.config.parser)
        payload && parser.parse(payload)
      end

      # @return [Boolean] does it delete its key?
      def tombstone?
        payload.nil?
      end
    end
  end
end
