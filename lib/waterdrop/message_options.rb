# frozen_string_literal: true

# Owns every rule for the options of one message. Pure, and quick when all is well: it runs for every message.
module WaterDrop
  # @api private
  module MessageOptions
    # Options besides the topic.
    OPTIONAL = %i[key partition partition_key headers timestamp].freeze
    # Everything {check!} takes.
    FIELDS = (%i[topic payload] + OPTIONAL).freeze
    # What `SyncProducer.call` and `AsyncProducer.call` take; `create_time` is the name of 1.2 for `timestamp`.
    KNOWN = (%i[topic create_time] + OPTIONAL).freeze
    NAME = Karafka::Setup::Rules::NAME
    LIMIT = Karafka::Setup::Rules::NAME_LIMIT
    # What fits into Kafka's own fields.
    PARTITIONS = (0..((2**31) - 1))
    MILLISECONDS = (0..((2**63) - 1))
    private_constant :PARTITIONS, :MILLISECONDS

    class << self
      # Options as a Hash, the way of `SyncProducer.call`.
      # @param message [String, nil]
      # @param options [Hash{Symbol => Object}]
      # @return [Hash{Symbol => Object}] keywords for Karafka::Producer#produce_sync
      # @raise [Errors::InvalidMessageOptions]
      def normalize(message, options)
        check_names!(options, KNOWN)
        if options.key?(:partition) && options[:partition].nil?
          invalid("partition is nil; give an Integer from 0 up or leave it out")
        end

        time = options[:timestamp] || options[:create_time]
        fields = { payload: message&.to_s, timestamp: time, **options.except(:create_time, :timestamp) }
        check!(topic: nil, **fields)
        fields
      end

      # @return [void]
      # @raise [Errors::InvalidMessageOptions] naming an option that does not exist
      def check_names!(options, known)
        invalid("options are #{options.class}; give a Hash") unless options.is_a?(Hash)
        unknown = options.keys - known
        return if unknown.empty?

        invalid("unknown option #{unknown.first.inspect}; #{Karafka::Setup::Suggestion.for(unknown.first.to_s, known)}")
      end

      # @return [void]
      # @raise [Errors::InvalidMessageOptions] naming the first value that breaks a rule
      def check!(topic:, payload:, key: nil, partition: nil, partition_key: nil, headers: nil, timestamp: nil)
        check_topic(topic)
        check_payload(payload)
        check_key(:key, key) if key
        check_partition(partition) if partition
        check_key(:partition_key, partition_key) if partition_key
        check_headers(headers) if headers
        check_timestamp(timestamp) if timestamp
      end

      # @param time [Time, Integer]
      # @return [Integer] milliseconds since 1970
      def milliseconds(time)
        time.is_a?(Integer) ? time : (time.to_i * 1000) + (time.nsec / 1_000_000)
      end

      # @param headers [Hash]
      # @return [Hash{String => String}]
      def string_keys(headers)
        headers.each_key.all?(String) ? headers : headers.transform_keys(&:to_s)
      end

      private

      def check_topic(topic)
        return if topic.is_a?(String) && topic.ascii_only? && NAME.match?(topic) && topic.size <= LIMIT

        invalid("topic is #{topic.inspect}; give a String of 1 to #{LIMIT} letters, digits, dots, dashes, underscores")
      end

      def check_payload(payload)
        return if payload.nil? || payload.is_a?(String)

        invalid("payload is a #{payload.class}; give a String, or nil for a tombstone")
      end

      def check_partition(partition)
        return if partition.is_a?(Integer) && PARTITIONS.cover?(partition)

        invalid("partition is #{partition.inspect}; give an Integer from 0 to #{PARTITIONS.max}")
      end

      def check_timestamp(timestamp)
        given = timestamp.is_a?(Time) || timestamp.is_a?(Integer)
        return if given && MILLISECONDS.cover?(milliseconds(timestamp))

        invalid("timestamp is #{timestamp.inspect}; give a Time from 1970 on, or an Integer of milliseconds")
      end

      # Keys may be personal, so the text does not show them.
      def check_key(name, value)
        return if value.is_a?(String) && !value.empty?

        invalid("#{name} is #{value == "" ? "empty" : "a #{value.class}"}; give a String that is not empty, or nil")
      end

      # A null value is one of Kafka's own.
      def check_headers(headers)
        invalid("headers are a #{headers.class}; give a Hash") unless headers.is_a?(Hash)
        headers.each { |name, value| check_header(name, value) }
        return if headers.each_key.all?(String) || string_keys(headers).size == headers.size

        invalid("headers have the same name as String and as Symbol: #{headers.keys.inspect}; give each once")
      end

      def check_header(name, value)
        unless (name.is_a?(String) || name.is_a?(Symbol)) && (value.is_a?(String) || value.nil?)
          invalid("header #{name.inspect} is a #{value.class}; names must be Strings, values Strings or nil")
        end
        return if header_name?(name.to_s)

        invalid("the header name #{name.inspect} cannot be sent; give UTF-8 without NUL bytes")
      end

      # The bytes count, not what they are tagged as.
      def header_name?(name)
        name = name.dup.force_encoding(Encoding::UTF_8) unless name.encoding == Encoding::UTF_8
        name.valid_encoding? && !name.include?("\0")
      end

      def invalid(text)
        raise Errors::InvalidMessageOptions, text
      end
    end
  end
end
