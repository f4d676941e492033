# frozen_string_literal: true

# Owns that what is produced carries the trace it belongs to. Put in front of the methods of {Producer} when there is
# something to carry for the first time, never before: a process without traces pays nothing, not even a call. Any
# thread. Must change nothing else of a message.
module Karafka
  module Tracing
    # Goes on by second names, each keyword by its own: `super` would make a Hash for each message.
    # @api private
    module Producing
      METHODS = %i[produce_sync produce_async produce_many_sync produce_many_async].freeze
      private_constant :METHODS

      @lock = Mutex.new

      class << self
        # @param producer [Class<Producer>]
        # @return [void]
        def install(producer)
          return if producer < self

          @lock.synchronize do
            next if producer < self

            METHODS.each do |name|
              producer.alias_method(:"untraced_#{name}", name)
              producer.send(:private, :"untraced_#{name}")
            end
            producer.prepend(self)
          end
        end
      end

      # (see Producer#produce_sync)
      def produce_sync(topic:, payload:, key: nil, partition: nil, partition_key: nil, headers: nil, timestamp: nil)
        trace = Tracing.outgoing
        unless trace
          return untraced_produce_sync(topic:, payload:, key:, partition:, partition_key:, headers:, timestamp:)
        end

        trace.produce(topic, payload, headers) do |traced|
          untraced_produce_sync(topic:, payload:, key:, partition:, partition_key:, headers: traced, timestamp:)
        end
      end

      # (see Producer#produce_async)
      def produce_async(topic:, payload:, key: nil, partition: nil, partition_key: nil, headers: nil, timestamp: nil,
                        handle: true)
        trace = Tracing.outgoing
        unless trace
          return untraced_produce_async(topic:, payload:, key:, partition:, partition_key:, headers:, timestamp:,
                                        handle:)
        end

        trace.produce(topic, payload, headers) do |traced|
          untraced_produce_async(topic:, payload:, key:, partition:, partition_key:, headers: traced, timestamp:,
                                 handle:)
        end
      end

      # (see Producer#produce_many_sync)
      def produce_many_sync(messages)
        trace = Tracing.outgoing
        return untraced_produce_many_sync(messages) unless trace

        trace.produce_many(messages) { |traced| untraced_produce_many_sync(traced) }
      end

      # (see Producer#produce_many_async)
      def produce_many_async(messages, handle: true)
        trace = Tracing.outgoing
        return untraced_produce_many_async(messages, handle: handle) unless trace

        trace.produce_many(messages) { |traced| untraced_produce_many_async(traced, handle: handle) }
      end
    end
  end
end
