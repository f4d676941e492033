# frozen_string_literal: true

require_relative "testing/record"
require_relative "testing/recorder"

# Owns the front door of the test kit: recording in place of sending, and what was recorded. State is the process', as
# producers are. Any thread. Never loaded by the gem itself: specs and the test environment ask for it, with
# `require "karafka_rs/testing"`. Must not need a test framework.
module Karafka
  # Testing without Kafka.
  # @example
  #   Karafka::Testing.capture!
  #   OrdersResponder.call(order)
  #   Karafka::Testing.produced("orders").map(&:payload) # => ['{"id":1}']
  module Testing
    # The kit was used in a way that cannot work; the text says what to do.
    Error = Class.new(Errors::BaseError)

    @recorder = Recorder.new

    class << self
      # From now on `Karafka.producer`, WaterDrop and responders record messages in place of sending them, whatever
      # `deliver` says. Everything else is as in production: wrong topics, payloads and options raise the same errors,
      # and messages get offsets as Kafka would count them. Calling it twice does no harm.
      # @param partitions [Integer, Hash{String, Symbol => Integer}, nil] how many a topic has: keys then choose among
      #   them, and a partition beyond is refused, as Kafka does. nil: one, and any other that a message names
      # @return [void]
      # @raise [Error] it is no such number
      def capture!(partitions: nil)
        @recorder.partitions = partitions
        WaterDrop::Producers.capture(@recorder)
      end

      # Messages are sent again.
      # @return [void]
      def release!
        WaterDrop::Producers.release
      end

      # @return [Boolean] are messages recorded in place of being sent?
      def capturing?
        WaterDrop::Producers.capturing?
      end

      # @param topic [String, Symbol, nil] only of this topic; nil: of all
      # @return [Array<Record>] what was recorded since the last {clear}, oldest first
      def produced(topic = nil)
        topic ? @recorder.records.select { |record| record.to?(topic) } : @recorder.records
      end

      # Forgets what was recorded; offsets begin at 0 again.
      # @return [void]
      def clear
        @recorder.clear
      end
    end
  end
end
