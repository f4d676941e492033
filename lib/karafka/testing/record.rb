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
      # Copies: whoever sends a String may go on writing into it.
      # @param fields [Hash{Symbol => Object}] a message that was checked, with what is left out of it as nil
      # @return [Record]
      # @api private
      def self.build(headers: nil, timestamp: nil, **fields)
        fields = fields.transform_values { |value| String === value ? value.dup.freeze : value }
        headers = (headers || {}).to_h { |name, value| [name.to_s.dup.freeze, value&.dup&.freeze] }.freeze
        # Kafka keeps milliseconds.
        ms = timestamp ? WaterDrop::MessageOptions.milliseconds(timestamp) : (Time.now.to_r * 1000).floor
        new(**fields, headers: headers, timestamp: Time.at(ms / 1000, ms % 1000, :millisecond)).freeze
      end

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
