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
    RESERVED = Karafka::Setup::Rules::RESERVED
    # What fits into Kafka's own fields.
    PARTITIONS = (0..((2**31) - 1))
    MILLISECONDS = (0..((2**63) - 1))
    Problems = Karafka::Setup::Problems
    private_constant :PARTITIONS, :MILLISECONDS, :Problems

    class << self
      # Options as a Hash, the way of `SyncProducer.call`.
      # @param message [String, nil]
      # @param options [Hash{Symbol => Object}]
      # @return [Hash{Symbol => Object}] keywords for Karafka::Producer#produce_sync
      # @raise [Errors::InvalidMessageOptions]
      def normalize(message, options)
        check_names!(options, KNOWN)
        if options.key?(:partition) && nil == options[:partition]
          invalid("partition is nil; give an Integer from 0 up or leave it out")
        end

        time = options[:timestamp]
        time = options[:create_time] if nil == time
        fields = { payload: text(message), timestamp: time, **options.except(:create_time, :timestamp) }
        check!(topic: nil, **fields)
        fields
      end

      # @return [void]
      # @raise [Errors::InvalidMessageOptions] naming an option that does not exist
      def check_names!(options, known)
        invalid("options are a #{Problems.type(options)}; give a Hash") unless Hash === options
        unknown = options.keys - known
        return if unknown.empty?

        shown = Problems.show(:name, unknown.first)
        as_symbol = known.find { |name| name.name == unknown.first }
        invalid("option names are Symbols and not #{shown}; write `#{as_symbol}:`") if as_symbol
        invalid("unknown option #{shown}; #{Karafka::Setup::Suggestion.for(shown.delete_prefix(":"), known)}")
      end

      # @return [void]
      # @raise [Errors::InvalidMessageOptions] naming the first value that breaks a rule
      def check!(topic:, payload:, key: nil, partition: nil, partition_key: nil, headers: nil, timestamp: nil)
        check_topic(topic)
        check_payload(payload)
        # This way round, because false is no option and a BasicObject cannot be asked.
        check_key(:key, key) unless nil == key
        check_partition(partition) unless nil == partition
        check_key(:partition_key, partition_key) unless nil == partition_key
        check_headers(headers) unless nil == headers
        check_timestamp(timestamp) unless nil == timestamp
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

      # Users give objects of their own, and not each has a `to_s` that does.
      def text(message)
        return message if nil == message || String === message

        text =
          begin
            message.to_s
          rescue StandardError => e
            invalid("message is a #{Problems.type(message)} whose to_s raised #{e.class}; give a String, or nil")
          end
        return text if String === text

        invalid("message is a #{Problems.type(message)} whose to_s gave no String; give a String, or nil")
      end

      def check_topic(topic)
        if String === topic && topic.ascii_only? && NAME.match?(topic) && topic.size <= LIMIT
          return if topic.size > 2 || !RESERVED.include?(topic)
        end

        shown = Problems.show(:topic, topic)
        invalid("topic is #{shown}; give a String of 1 to #{LIMIT} letters, digits, dots, dashes, underscores")
      end

      def check_payload(payload)
        return if nil == payload || String === payload

        invalid("payload is a #{Problems.type(payload)}; give a String, or nil for a tombstone")
      end

      def check_partition(partition)
        return if Integer === partition && PARTITIONS.cover?(partition)

        invalid("partition is #{Problems.show(:partition, partition)}; give an Integer from 0 to #{PARTITIONS.max}")
      end

      def check_timestamp(timestamp)
        given = Time === timestamp || Integer === timestamp
        return if given && MILLISECONDS.cover?(milliseconds(timestamp))

        shown = Problems.show(:timestamp, timestamp)
        invalid("timestamp is #{shown}; give a Time from 1970 on, or an Integer of milliseconds")
      end

      # Keys may be personal, so the text does not show them.
      def check_key(name, value)
        return if String === value && !value.empty?

        invalid("#{name} is #{String === value ? "empty" : "a #{Problems.type(value)}"}; " \
                "give a String that is not empty, or nil")
      end

      # A null value is one of Kafka's own.
      def check_headers(headers)
        invalid("headers are a #{Problems.type(headers)}; give a Hash") unless Hash === headers
        headers.each { |name, value| check_header(name, value) }
        return if headers.each_key.all?(String) || string_keys(headers).size == headers.size

        invalid("headers have the same name as String and as Symbol: #{Problems.show(:names, headers.keys)}; " \
                "give each once")
      end

      def check_header(name, value)
        unless String === name || Symbol === name
          invalid("the header name #{Problems.show(:name, name)} is a #{Problems.type(name)}; give a String")
        end
        unless String === value || nil == value
          invalid("header #{Problems.show(:name, name)} is a #{Problems.type(value)}; give a String, or nil")
        end
        return if header_name?(name.to_s)

        invalid("the header name #{Problems.show(:name, name)} cannot be sent; give UTF-8 without NUL bytes")
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
