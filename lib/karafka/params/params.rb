# frozen_string_literal: true

# Owns what user code sees of one record. Belongs to the thread that consumes its batch. Its parent, in the core, holds
# three things; everything else is made when it is read: a batch may have thousands of these, most of them read once.
# Must not keep copies.
module Karafka
  # What user code sees of messages.
  module Params
    # What a controller holds its messages with: it does not make them as old as the controller is.
    # @api private
    Held = Native::Held

    # One message.
    #
    # Two ways to read it: the clean one ({#payload}, {#key}, {#headers}, {#offset}...) and the one of Karafka 1.1,
    # where params are a Hash of metadata and payload together, with String or Symbol keys.
    # @example
    #   params.payload["user"]["name"]
    #   params[:user][:name]
    class Params < Native::Message
      # Keys of the Hash view that are about the message. They win over payload keys of the same name.
      METADATA = %w[topic partition offset key create_time parser parsed received_at].freeze

      # @!method payload
      #   @return [Object, nil] the parsed payload; nil for a tombstone. Parsed once, on first read
      #   @raise [Errors::ParserError] the same one at each read

      # @!method raw_payload
      #   @return [String, nil] the bytes as they came (frozen); nil for a tombstone

      # @!method parsed?
      #   @return [Boolean] was the payload read and parsed?

      # @return [Boolean] does this message delete its key?
      def tombstone?
        raw_payload.nil?
      end

      # @return [String] topic name in the application
      def topic
        batch.topic_name(index)
      end

      # @return [Integer]
      def partition
        batch.source.partition
      end

      # @return [Integer]
      def offset
        batch.source.offset(index)
      end

      # @return [String, nil]
      def key
        batch.source.key(index)
      end

      # @return [Hash{String => String, nil}] nil is a null value; of a name that was sent twice, the last
      def headers
        batch.source.headers(index)
      end

      # @return [Time, nil] when it was created, by the clock of the producer (or of the broker, if the topic says so)
      def timestamp
        ms = batch.source.timestamp(index)
        ms && Time.at(ms / 1000, ms % 1000, :millisecond)
      end
      alias create_time timestamp

      # @return [Time] when this process took the batch
      def received_at
        batch.received_at
      end
      alias receive_time received_at

      # @return [Object] the parser of the route
      def parser
        batch.parser
      end

      # @return [Integer] 1 on first delivery
      def attempt
        batch.attempt_of(index)
      end

      # Parses the payload now.
      # @return [Params] self
      # @raise [Errors::ParserError]
      def retrieve!
        payload
        self
      end

      # @param key [String, Symbol]
      # @return [Object, nil] value of the Hash view
      def [](key)
        name = key.is_a?(Symbol) ? key.name : key
        # What user code has written into it comes first, metadata too.
        return @merged[name] if @merged
        return metadata(name) if METADATA.include?(name)
        return raw_value if name == "value"

        value = payload_value(name)
        # Nested keys are indifferent too, so containers come out of the converted copy, made once.
        value.is_a?(Hash) || value.is_a?(Array) ? merged[name] : value
      end

      # @return [IndifferentHash] payload and metadata together; the same object each time
      # @raise [Errors::ParserError]
      def merged
        @merged ||= begin
          content = payload
          view = content.respond_to?(:to_hash) ? IndifferentHash.from(content.to_hash) : IndifferentHash.new
          METADATA.each { |name| view[name] = metadata(name) }
          view
        end
      end

      # @return [Hash{String => Object}] plain Hash of the Hash view
      def to_hash
        merged.to_hash
      end

      # @return [Hash] as {#to_hash}
      def to_h(&block)
        merged.to_h(&block)
      end

      # @return [Params] the same message, whose Hash view changes apart from this one's
      def dup
        other = copy
        instance_variables.each { |name| other.instance_variable_set(name, instance_variable_get(name)) }
        other.send(:initialize_dup, self)
        other
      end

      # As {#dup}, frozen when this one is.
      # @return [Params]
      def clone(freeze: nil)
        other = dup
        freeze == true || (freeze.nil? && frozen?) ? other.freeze : other
      end

      # @return [Boolean] the same message, or a Hash with the same content
      def ==(other)
        return true if equal?(other)
        return other.batch.equal?(batch) && other.offset == offset if other.is_a?(Params)

        other.respond_to?(:to_hash) && to_hash == other.to_hash
      end

      # @return [String] JSON of the Hash view, without what is not data
      def to_json(*arguments)
        merged.except("parser").to_hash.to_json(*arguments)
      end

      # Where it is from, never what is in it: this ends up in logs.
      # @return [String]
      def inspect
        "#<#{self.class} #{topic}/#{partition}@#{offset}>"
      end
      alias to_s inspect

      private

      def initialize_copy(other)
        super
        @merged = @merged.dup if @merged
      end

      # Called once, by {#payload}, and again only after it has raised.
      def parse
        raise @unparsable if @unparsable

        batch.parse(index)
      rescue Errors::ParserError => e
        Karafka.monitor.notice_error(self.class, e) unless @unparsable
        raise @unparsable = e
      end

      # A parser of the user may give Symbol keys.
      def payload_value(name)
        content = payload
        return unless content.is_a?(Hash)

        content.fetch(name) { name.is_a?(String) ? content[name.to_sym] : nil }
      end

      # 1.1 had the raw payload under this key until it was parsed; a payload key of that name came after.
      def raw_value
        content = payload
        content.is_a?(Hash) && content.key?("value") ? merged["value"] : raw_payload
      rescue Errors::ParserError
        raw_payload
      end

      def metadata(name)
        case name
        when "parsed" then parsed?
        else public_send(name)
        end
      end

      # Everything else a Hash can do, on the Hash view.
      def respond_to_missing?(name, _include_private = false)
        IndifferentHash.public_method_defined?(name)
      end

      def method_missing(name, ...)
        IndifferentHash.public_method_defined?(name) ? merged.public_send(name, ...) : super
      end
    end
  end
end
