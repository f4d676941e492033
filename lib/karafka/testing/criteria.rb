# frozen_string_literal: true

# Owns which messages an expectation means, how many, and how both are told. Used by the RSpec matcher and the Minitest
# assertions. Pure, but for the parser that reads payloads.
module Karafka
  module Testing
    # @api private
    class Criteria
      # Messages and characters that a failure shows.
      SHOWN = 10
      WIDTH = 200
      # What an expectation may ask of a message.
      FIELDS = %i[topic payload key headers partition partition_key timestamp].freeze
      private_constant :SHOWN, :WIDTH

      # @return [Integer, Range] how many are wanted
      attr_accessor :count

      # @yieldparam expected [Object]
      # @yieldparam actual [Object]
      # @yieldreturn [Boolean] by the rules of the test framework
      def initialize(&matching)
        @matching = matching || ->(expected, actual) { expected === actual }
        @fields = {}
        @count = 1
      end

      # @param name [Symbol] one of {FIELDS}
      # @param expected [Object]
      # @return [void]
      def add(name, expected)
        @fields[name] = expected
      end

      # @param records [Array<Record>]
      # @return [Boolean] are as many of them meant as are wanted?
      def met?(records)
        size = matching(records).size
        Integer === @count ? size == @count : @count.cover?(size)
      end

      # @param records [Array<Record>]
      # @return [Boolean] is any of them meant?
      def any?(records)
        matching(records).any?
      end

      # @return [String] for example `exactly one message to "orders" with key "1"`
      def to_s
        "#{counted} #{@count == 1 ? "message" : "messages"}#{wanted}"
      end

      # @return [String] what is meant, without how many
      def wanted
        FIELDS.filter_map { |name| @fields.key?(name) && words(name, @fields[name]) }.join
      end

      # @param records [Array<Record>]
      # @return [String] what there was
      def told(records)
        return "nothing was produced" if records.empty?

        found = matching(records).size
        lines = records.first(SHOWN).map { |record| "  #{show(record)}" }
        lines << "  and #{records.size - SHOWN} more" if records.size > SHOWN
        "#{found.zero? ? "none" : found} of the #{records.size} that were produced:\n#{lines.join("\n")}"
      end

      private

      def matching(records)
        records.select { |record| @fields.all? { |name, expected| fits?(name, expected, record) } }
      end

      def fits?(name, expected, record)
        case name
        when :topic then record.to?(expected)
        when :payload then payload?(expected, record)
        when :headers then same?(expected, record.headers) || same?(expected, record.headers.transform_keys(&:to_sym))
        else same?(expected, record.public_send(name))
        end
      end

      # A String is what was sent; anything else is compared with what its reader will have, then with what was sent.
      def payload?(expected, record)
        return same?(expected, record.payload) if String === expected || record.payload.nil?

        parsed?(expected, record) || raw?(expected, record.payload)
      end

      def parsed?(expected, record)
        parsed = record.parsed
        return same?(expected, parsed) unless Hash === parsed || Array === parsed

        indifferent = Params::IndifferentHash
        [parsed, indifferent.deep(parsed), indifferent.symbolize(parsed)].any? { |payload| same?(expected, payload) }
      rescue Errors::ParserError
        false
      end

      # Not everything that takes a Hash takes a String.
      def raw?(expected, payload)
        same?(expected, payload)
      rescue TypeError, NoMethodError
        false
      end

      def same?(expected, actual)
        @matching.call(expected, actual)
      end

      def counted
        case @count
        when Integer then @count == 1 ? "exactly one" : "exactly #{@count}"
        else @count.begin.to_i.positive? ? "at least #{@count.begin}" : "at most #{@count.end}"
        end
      end

      def words(name, expected)
        expected = expected.respond_to?(:description) ? expected.description : expected.inspect
        { topic: " to ", partition: " on partition " }.fetch(name, " with #{name.name.tr("_", " ")} ") + expected
      end

      def show(record)
        parts = ["#{record.topic}/#{record.partition}@#{record.offset}"]
        parts << "key #{record.key.inspect}" if record.key
        parts << "headers #{record.headers.inspect}" unless record.headers.empty?
        parts << (record.payload ? "payload #{cut(record.payload)}" : "a tombstone")
        parts.join(", ")
      end

      def cut(payload)
        text = payload.inspect
        text.size > WIDTH ? "#{text[0, WIDTH]}... (#{payload.bytesize} bytes)" : text
      end
    end
  end
end
