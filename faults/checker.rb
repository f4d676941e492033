# frozen_string_literal: true

require_relative "checker/events"
require_relative "checker/records"
require_relative "checker/order"
require_relative "checker/commits"
require_relative "checker/exits"

# Owns the verdict on a history: journals and positions in, list of broken promises out. Pure: no clock, no files, no
# processes. Each rule is a class of its own below checker/; this one only puts them together.
module Faults
  # A promise that was broken: which kind, and where.
  Violation = Struct.new(:kind, :text) do
    def to_s
      "#{kind}: #{text}"
    end
  end

  class Checker
    # @param producer [Array<Array>] its journal
    # @param consumers [Hash{String => Array<Array>}] a journal for each process that ever consumed
    # @param samples [Array(Float, Float, Array<Hash>)] positions seen from outside, each with the times around the look
    # @param exits [Array<Hash>] how each process ended
    # @param stuck [Array<String>] waits of the history that were in vain
    def initialize(producer:, consumers:, samples:, exits:, stuck: [])
      @producer = producer.map { |line| Event.new(*line) }
      @consumers = consumers.transform_values { |lines| lines.map { |line| Event.new(*line) } }
      @samples = samples
      @exits = exits
      @stuck = stuck
    end

    # @return [Array<Violation>]
    def violations
      stuck = @stuck.map { |text| Violation.new("hung", text) }
      rules = [records, Order.new(@consumers), Commits.new(@consumers, @samples), Exits.new(@exits, @consumers)]
      stuck + rules.flat_map(&:violations)
    end

    # @return [Hash{Symbol => Integer}] what the history amounted to
    def figures
      records.figures.merge(samples: @samples.size, processes: @exits.size)
    end

    private

    def records
      @records ||= Records.new(@producer, @consumers)
    end
  end
end
