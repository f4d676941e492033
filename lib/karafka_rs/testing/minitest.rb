# frozen_string_literal: true

require "minitest"
require "karafka_rs/testing"

# Owns what the test kit is in Minitest: assertions, what tests can call, and that each begins with nothing recorded. In
# a Rails application its railtie decides whether messages are recorded; elsewhere this does.
module Karafka
  module Testing
    # Included into all tests.
    module Minitest
      # Begins with nothing recorded, before any `setup`.
      def before_setup
        Testing.clear
        @karafka = nil
        super
      end

      # @return [Session] controllers of routes, and the records they are fed
      def karafka
        @karafka ||= Session.new
      end

      # See {Testing.with_kafka}.
      # @return [Object] what the block gave
      def with_kafka(**options, &block)
        Testing.with_kafka(**options, &block)
      end

      # @param message [String, nil] told before anything else when it fails
      # @param count [Integer, Range]
      # @param expected [Hash] topic, payload, key, headers, partition, partition_key, timestamp; compared with `===`,
      #   so that classes, ranges, expressions and lambdas will do; a Hash as payload with the parsed one
      # @yield what has to produce; without a block all that was recorded in this test counts
      # @return [true]
      def assert_produced(message = nil, count: 1, **expected, &block)
        criteria = karafka_criteria(expected)
        criteria.count = count
        records = karafka_records(block)
        assert(criteria.met?(records), message(message) { "Expected #{criteria}, but #{criteria.told(records)}" })
      end

      # The opposite of {#assert_produced}: no such message at all.
      # @param message [String, nil] told before anything else when it fails
      # @param expected [Hash]
      # @return [false]
      def assert_no_produced(message = nil, **expected, &block)
        criteria = karafka_criteria(expected)
        records = karafka_records(block)
        refute(criteria.any?(records),
               message(message) { "Expected no message#{criteria.wanted}, but #{criteria.told(records)}" })
      end
      alias refute_produced assert_no_produced

      private

      def karafka_criteria(expected)
        unknown = expected.keys - Criteria::FIELDS
        raise ArgumentError, "unknown keyword: #{unknown.first.inspect}; give #{Criteria::FIELDS.join(", ")}" if
          unknown.any?

        Criteria.new.tap { |criteria| expected.each { |name, value| criteria.add(name, value) } }
      end

      def karafka_records(block)
        block ? Testing.produced_by(&block) : Testing.produced
      end
    end
  end
end

Karafka::Testing.capture! unless defined?(Rails::Railtie)
Minitest::Test.class_eval { include Karafka::Testing::Minitest }
