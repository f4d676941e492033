# frozen_string_literal: true

# Owns the records of one job that a spec has fed. Answers what Native::Batch answers, so that everything around it is
# the same code as in the server. Belongs to the thread of the spec.
module Karafka
  module Testing
    # @api private
    class FedRecords
      # @param feed [Feed]
      # @param records [Array<Record>] in offset order
      # @param attempt [Integer]
      # @param hook [String, nil]
      def initialize(feed, records, attempt, hook = nil)
        @feed = feed
        @records = records
        @attempt = attempt
        @hook = hook
      end

      # @return [Array<Record>]
      attr_reader :records
      # @return [Integer] 1 on first delivery
      attr_reader :attempt
      # @return [String, nil]
      attr_reader :hook

      def size = @records.size
      def topic = @feed.topic.subscription_name
      def partition = @feed.partition
      def offset(index) = @records.fetch(index).offset
      def key(index) = @records.fetch(index).key
      def headers(index) = @records.fetch(index).headers
      def payload(index) = @records.fetch(index).payload
      def payloads(from, to) = @records[from...to].map(&:payload)
      def group = 0
      def assignment = 1
      def first = 0
      def lease = @feed
      def revoked? = @feed.revoked?
      def cut_short? = @feed.cut_short?
      def release = nil
      def age = 0.0

      # @return [Integer] milliseconds
      def timestamp(index)
        WaterDrop::MessageOptions.milliseconds(@records.fetch(index).timestamp)
      end

      # @return [Integer] index
      def first_unmarked
        @records.index { |record| record.offset >= @feed.next_offset } || size
      end

      # @return [Boolean]
      def mark(offset)
        @feed.mark(offset)
      end

      # @return [void]
      def mark_record(index)
        @feed.mark(offset(index))
      end

      # @return [Boolean]
      def commit(_timeout)
        @feed.commit
      end

      # Only the first report of a job counts.
      # @return [void]
      def done
        report { @feed.done(self) }
      end

      # @return [void]
      def partial(index)
        report { @feed.go_on_at(offset(index), index.zero? ? @attempt : 1) }
      end

      # @return [void]
      def failed(_rest, unseen)
        report { @feed.failed(self, first_unmarked, unseen) }
      end

      private

      def report
        return if @reported

        @reported = true
        yield
      end
    end
  end
end
