# frozen_string_literal: true

require_relative "testing/errors"
require_relative "testing/recorder"
require_relative "testing/session"
require_relative "testing/failure"
require_relative "testing/failures"
require_relative "testing/scene"
require_relative "testing/selection"
require_relative "testing/engine"
require_relative "testing/verdict"
require_relative "testing/drain"
require_relative "testing/reader"
require_relative "testing/criteria"
require_relative "testing/rebalance"
require_relative "testing/kafka"

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
    @recorder = Recorder.new
    @running = Mutex.new

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

      # @return [Array<Record>] what was recorded while the block ran
      # @raise [Error] messages are not recorded
      def produced_by
        unless capturing?
          raise Error, "messages are not recorded here; call `Karafka::Testing.capture!` first, " \
                       "or look at `kafka.records(:topic)` inside of with_kafka"
        end

        @recorder.during { yield }
      end

      # Runs the application's routes on the real engine and an embedded broker while the block runs: see {Kafka}.
      # Settings are put back behind it, and everything is stopped, also when the block raises.
      # @param topics [Hash{String, Symbol => Integer}] number of partitions, of the routes' topics and of others
      # @param partitions [Integer] of the routes' topics that are not named
      # @param groups [Array<String, Symbol>, nil] names of the consumer groups to run; nil: all
      # @param brokers [Integer] of the embedded cluster
      # @yieldparam kafka [Kafka]
      # @return [Object] what the block gave
      # @raise [Error] there is nothing to consume, or one is running already
      # @example
      #   Karafka::Testing.with_kafka do |kafka|
      #     kafka.produce(:orders, { id: 1 })
      #     kafka.drain
      #   end
      def with_kafka(topics: {}, partitions: 1, groups: nil, brokers: 1, &block)
        raise Error, "with_kafka needs a block; write `with_kafka { |kafka| ... }`" unless block

        @running.try_lock or raise Error, "with_kafka is running already; use the one that is there"
        begin
          Kafka.run(topics: topics, partitions: partitions, groups: groups, brokers: brokers, &block)
        ensure
          @running.unlock
        end
      end

      # Forgets what was recorded; offsets begin at 0 again. An `App.stop!` of the example before is forgotten too.
      # @return [void]
      def clear
        App.status.forget_stop!
        @recorder.clear
      end
    end
  end
end
