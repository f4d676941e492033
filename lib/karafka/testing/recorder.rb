# frozen_string_literal: true

require "zlib"

# Owns the messages that were produced while they are captured: checked as a producer checks them, counted as Kafka
# counts them. Any thread; all state is behind one lock. Must send nothing and start nothing.
module Karafka
  module Testing
    # What `Karafka.producer` is while messages are captured.
    class Recorder < Producer
      # What became of a recorded message: it is there already.
      class Delivery
        # @param report [Report]
        def initialize(report)
          @report = report
        end

        # @return [Array(Integer, Integer)] partition and offset
        def wait(_seconds)
          [@report.partition, @report.offset]
        end

        # @return [Boolean]
        def done?
          true
        end
      end

      # The default of `message.max.bytes`.
      LARGEST = 1_000_000
      # So many are kept, the newest: whoever looks at them clears them now and then.
      KEPT = 100_000
      UNKNOWN_PARTITION = ["_UNKNOWN_PARTITION", "UnknownPartition (Local: Unknown partition)"].freeze
      TOO_LARGE = ["MSG_SIZE_TOO_LARGE", "MessageSizeTooLarge (Broker: Message size too large)"].freeze
      private_constant :LARGEST, :UNKNOWN_PARTITION, :TOO_LARGE

      # Nothing of a producer's is needed.
      def initialize # rubocop:disable Lint/MissingSuper
        @lock = Mutex.new
        clear
      end

      # @param partitions [Integer, Hash, nil] see {Testing.capture!}
      # @raise [Error]
      # @api private
      def partitions=(partitions)
        numbers = Hash === partitions ? partitions.values : [partitions].compact
        unless numbers.all? { |number| Integer === number && number.positive? }
          raise Error, "capture! was given partitions: #{Setup::Problems.show(:partitions, partitions)}; " \
                       'give a number from 1 up, or a Hash such as { "orders" => 3 }'
        end
        @partitions = Hash === partitions ? partitions.transform_keys { |name| Routing::Name.of(name) } : partitions
      end

      # @return [Array<Record>] oldest first
      # @api private
      def records
        @lock.synchronize { @records.dup }
      end

      # Counted, because a block may clear, and old ones give way to new ones.
      # @return [Array<Record>] those that came while the block ran
      # @api private
      def during
        before = @lock.synchronize { @count }
        yield
        @lock.synchronize { @records.last([@count - before, @records.size].min) }
      end

      # @return [void]
      # @api private
      def clear
        @lock.synchronize do
          @records = []
          @count ||= 0
          @ends = Hash.new(0)
        end
      end

      # (see Producer#produce_sync)
      def produce_sync(topic:, payload:, key: nil, partition: nil, partition_key: nil, headers: nil, timestamp: nil)
        message = { topic:, payload:, key:, partition:, partition_key:, headers:, timestamp: }
        WaterDrop::MessageOptions.check!(**message)
        @lock.synchronize { record(message) }
      end

      # (see Producer#produce_async)
      def produce_async(topic:, payload:, key: nil, partition: nil, partition_key: nil, headers: nil, timestamp: nil,
                        handle: true)
        report = produce_sync(topic:, payload:, key:, partition:, partition_key:, headers:, timestamp:)
        Delivery.new(report) if handle
      end

      # (see Producer#produce_many_sync)
      def produce_many_sync(messages)
        outcomes = record_all(messages)
        return outcomes if outcomes.grep(Producer::Failure).empty?

        raise failure(outcomes, messages, delivered: outcomes.grep(Producer::Report))
      end

      # (see Producer#produce_many_async)
      def produce_many_async(messages, handle: true)
        reports = produce_many_sync(messages)
        reports.map { |report| Delivery.new(report) } if handle
      end

      # Nothing is ever on its way.
      # @return [Integer] 0
      def flush(_timeout = nil) = 0

      # @return [Integer] 0
      def queue_size = 0

      # Closes nothing: it serves until messages are sent again.
      # @return [Integer] 0
      def close(_timeout = nil) = 0

      # @return [Boolean] false
      def closed? = false

      # @return [nil]
      def fatal = nil

      private

      def record_all(messages)
        # All are looked at before the first one is taken.
        validate(messages)
        @lock.synchronize do
          messages.each_with_index.map do |message, index|
            record(message)
          rescue Errors::DeliveryFailed => e
            Producer::Failure.new(index, message[:topic], e)
          end
        end
      end

      def record(message)
        place = [message[:topic], partition_of(message)]
        fit!(message)
        offset = @ends[place]
        @ends[place] += 1
        @records << Record.build(payload: nil, **message, partition: place.last, offset: offset)
        @count += 1
        @records.shift if @records.size > KEPT
        Producer::Report.new(*place, offset)
      end

      # As librdkafka does, CRC-32 of the key; without one any will do, and the first is the easiest to name.
      def partition_of(fields)
        number = @partitions.is_a?(Hash) ? @partitions[fields[:topic]] : @partitions
        given = fields[:partition]
        return refuse(fields, "give a partition that the topic has", UNKNOWN_PARTITION) if
          given && number && given >= number
        return given if given

        key = fields[:partition_key] || fields[:key]
        key ? Zlib.crc32(key) % (number || 1) : 0
      end

      def fit!(fields)
        limit = largest
        bytes = [fields[:payload], fields[:key], *fields[:headers].to_a.flatten].sum { |part| part.to_s.bytesize }
        return if bytes <= limit

        refuse(fields, "it has #{bytes} bytes: make it smaller, or raise the property `message.max.bytes`, #{limit} " \
                       "here, and the limits of broker and topic", TOO_LARGE)
      end

      def largest
        given = WaterDrop.config.kafka.librdkafka
        Integer(given["message.max.bytes"] || given[:"message.max.bytes"] || LARGEST)
      end

      def refuse(fields, cure, reason)
        code, text = reason
        topic = fields[:topic].inspect
        error = Errors::DeliveryFailed.new("a record for #{topic} was not delivered (#{cure}): #{text}")
        # As the core does, which makes these errors.
        error.instance_variable_set(:@code, code)
        raise error
      end
    end
  end
end
