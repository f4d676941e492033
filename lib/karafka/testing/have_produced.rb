# frozen_string_literal: true

require "rspec/matchers"

# Owns the words of the RSpec matcher. Which messages they mean is in criteria.rb. Loaded by
# `require "karafka_rs/testing/rspec"` only.
module Karafka
  module Testing
    # As a block expectation: what was produced while the block ran. As a value: `Karafka::Testing`, `karafka`, or
    # records, such as those of {Kafka#records}.
    # @example
    #   expect { order.pay! }.to have_produced.to(:payments).with_payload(hash_including("id" => 1)).with_key("1")
    #   expect(karafka).not_to have_produced.to(:refunds)
    class HaveProduced
      include RSpec::Matchers::Composable

      # Numbers by their words.
      NUMBERS = { once: 1, twice: 2, thrice: 3 }.freeze

      def initialize
        @criteria = Criteria.new { |expected, actual| values_match?(expected, actual) }
      end

      # @param topic [String, Symbol]
      # @return [HaveProduced] self
      def to(topic) = add(:topic, topic)

      # @param payload [Object] a String is compared with what was sent, anything else with the parsed payload, whose
      #   keys may be Strings or Symbols; matchers are welcome
      # @return [HaveProduced] self
      def with_payload(payload) = add(:payload, payload)

      # @return [HaveProduced] self
      def with_key(key) = add(:key, key)

      # @param headers [Hash, Object] all of them; a matcher such as `include("id" => "1")` for some
      # @return [HaveProduced] self
      def with_headers(headers) = add(:headers, headers)

      # @return [HaveProduced] self
      def with_partition_key(key) = add(:partition_key, key)

      # @return [HaveProduced] self
      def with_timestamp(time) = add(:timestamp, time)

      # @param number [Integer]
      # @return [HaveProduced] self
      def on_partition(number) = add(:partition, number)

      # @param number [Integer, Symbol]
      # @return [HaveProduced] self
      def exactly(number) = counted(number(number))

      # @param number [Integer, Symbol]
      # @return [HaveProduced] self
      def at_least(number) = counted(number(number)..)

      # @param number [Integer, Symbol]
      # @return [HaveProduced] self
      def at_most(number) = counted(0..number(number))

      # @param number [Integer, nil] nil after {exactly}, {at_least} and {at_most}
      # @return [HaveProduced] self
      def times(number = nil) = number ? exactly(number) : self

      NUMBERS.each_key { |name| define_method(name) { exactly(name) } }

      # @api private
      def matches?(actual)
        @records = records_of(actual)
        @criteria.met?(@records)
      end

      # Without a number none at all is allowed.
      # @api private
      def does_not_match?(actual)
        @records = records_of(actual)
        @counted ? !@criteria.met?(@records) : !@criteria.any?(@records)
      end

      # @api private
      def supports_block_expectations? = true

      # @api private
      def supports_value_expectations? = true

      # @api private
      def description
        "have produced #{@criteria}"
      end

      # @api private
      def failure_message
        "expected #{@criteria}, but #{@criteria.told(@records)}"
      end

      # @api private
      def failure_message_when_negated
        "expected #{@counted ? "not #{@criteria}" : "no message#{@criteria.wanted}"}, but #{@criteria.told(@records)}"
      end

      private

      def add(name, expected)
        @criteria.add(name, expected)
        self
      end

      def counted(count)
        @counted = true
        @criteria.count = count
        self
      end

      def number(given)
        found = NUMBERS.fetch(given, given)
        return found if Integer === found && found >= 0

        raise ArgumentError, "have_produced was given #{given.inspect} as a number; give an Integer from 0 up, or :once"
      end

      def records_of(actual)
        return Testing.produced_by(&actual) if Proc === actual

        records = actual.respond_to?(:produced) ? actual.produced : actual
        return records if Array === records && records.all?(Record)

        raise ArgumentError, "have_produced was given a #{actual.class}; give a block, `karafka`, or records"
      end
    end
  end
end
