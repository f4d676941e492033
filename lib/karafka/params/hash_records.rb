# frozen_string_literal: true

# Owns records that did not come from Kafka: Hashes or message objects that specs and background backends hand to a
# controller. Answers what Native::Batch answers; nothing can be marked.
module Karafka
  module Params
    # @example
    #   controller.params_batch = [{ "value" => '{"user":1}', "offset" => 3 }]
    # @example already parsed
    #   controller.params_batch = [{ "user" => 1 }]
    # @api private
    class HashRecords
      RAW = %w[value raw_payload].freeze
      # Attributes read from message objects.
      ATTRIBUTES = %w[value raw_payload topic partition offset key headers create_time timestamp].freeze
      # Everything in a parsed Hash that is not payload.
      METADATA = (Params::METADATA + RAW + %w[timestamp headers receive_time]).freeze

      # @param records [Array<Hash, #value>]
      def initialize(records)
        @records = records.map { |record| attributes(record) }
      end

      # @return [Integer]
      def size
        @records.size
      end

      def partition
        @records.first&.fetch("partition", nil) || 0
      end

      def topic
        topic_of(0)
      end

      # @return [Integer] the offset that was given, else the position
      def offset(index)
        @records[index]["offset"] || index
      end

      # @return [Integer, nil] milliseconds
      def timestamp(index)
        time = @records[index]["create_time"] || @records[index]["timestamp"]
        time.is_a?(Time) ? (time.to_r * 1000).to_i : time
      end

      def payload(index)
        @records[index].values_at(*RAW).compact.first
      end

      def payloads(from, to)
        (from...to).map { |index| payload(index) }
      end

      def key(index)
        @records[index]["key"]
      end

      def headers(index)
        @records[index]["headers"] || {}
      end

      # @return [Boolean] is the payload there already, without parsing?
      def given?(index)
        record = @records[index]
        record["parsed"] == true || RAW.none? { |name| record.key?(name) }
      end

      # @return [Hash] the payload of a parsed Hash
      def given(index)
        @records[index].except(*METADATA)
      end

      # @return [String, nil]
      def topic_of(index)
        @records.dig(index, "topic")
      end

      def group = nil
      def assignment = 0
      def attempt = 1
      def first_unmarked = 0
      def revoked? = false
      def mark(_offset) = false
      def commit(_timeout) = false
      def lease = self
      def pause(_seconds) = false
      def resume = false
      def seek(_target) = false

      private

      def attributes(record)
        return record.to_hash.transform_keys(&:to_s) if record.respond_to?(:to_hash)

        ATTRIBUTES.select { |name| record.respond_to?(name) }.to_h { |name| [name, record.public_send(name)] }
      end
    end
  end
end
