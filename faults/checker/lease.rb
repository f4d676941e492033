# frozen_string_literal: true

# Owns what one assignment of a partition has shown so far, and which record must come next. Pure. A rule that is broken
# is answered with its text.
module Faults
  class Lease
    def initialize(partition)
      @partition = partition
      @marked = nil
      @batch = nil
    end

    # @return [String, nil] what is wrong with this batch coming now
    def enter(first, last, attempt)
      expected = next_first
      @marked = @batch[:seek] - 1 if sought?
      @batch = { first: first, last: last, attempt: attempt, next: first, begun: first - 1 }
      return if expected.nil? || expected == first

      "partition #{@partition}: a batch from #{first} where #{expected} is next"
    end

    # @return [String, nil] what is wrong with this record coming now
    def begin(offset)
      expected = @batch[:next]
      @batch[:next] = offset + 1
      @batch[:begun] = offset
      "partition #{@partition}: record #{offset} where #{expected} is next" if offset != expected
    end

    def done(offset)
      @batch[:done] = offset
    end

    def mark(offset)
      @marked = [@marked, offset].compact.max
    end

    # From the next batch on, unless this one fails.
    def seek(offset)
      @batch[:seek] = offset
    end

    def pause(until_time)
      @batch[:rest] = until_time
    end

    # @return [String, nil] what is wrong with a batch coming at this time
    def too_early(first, time)
      rest = @batch && @batch[:rest]
      return unless rest && time < rest

      "partition #{@partition}: a batch from #{first} #{(rest - time).round(3)} s before the end of a pause"
    end

    def leave(fine)
      @batch[:fine] = fine
    end

    # @return [String, nil] what is wrong with this attempt
    def attempt_wrong(first, attempt)
      expected = expected_attempt(first)
      return if attempt == expected

      "partition #{@partition}: attempt #{attempt} of the records from #{first} where #{expected} is next"
    end

    private

    # After a failure the first record that is not marked; after success the one behind the batch.
    def next_first
      return unless @batch
      return @batch[:seek] if sought?

      @batch[:fine] ? @batch[:last] + 1 : [@batch[:first], (@marked || -1) + 1].max
    end

    # Counts up while the same record is first. A later first record was tried once as part of the failed batch; one
    # that was not tried is new.
    def expected_attempt(first)
      return 1 if @batch.nil? || @batch[:fine] || first > @batch[:last]

      first == @batch[:first] ? @batch[:attempt] + 1 : 2
    end

    def sought?
      @batch && @batch[:fine] && @batch[:seek]
    end
  end
end
