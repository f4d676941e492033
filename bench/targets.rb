# frozen_string_literal: true

require_relative "table"

# Owns what must be reached, and whether it was. Pure.
module Targets
  # Measure => what is said of it.
  NAMES = {
    of_ceiling: "of the ceiling", objects_per_record: "objects for a record", rate: "records a second",
    cpu_seconds_per_million: "cpu-seconds for a million", cpu_growth: "times the processor time for a record",
    p50_above_ms: "ms above Rust, p50", p99_above_ms: "ms above Rust, p99"
  }.freeze

  class << self
    # @param summary [Hash{Case => Hash}]
    # @return [Array<Hash>] a verdict for each target of each case that was measured
    def judge(summary)
      summary.flat_map do |it, numbers|
        it.targets.filter_map do |measure, range|
          reached = numbers[measure] and verdict(it, measure, range, reached)
        end
      end
    end

    private

    def verdict(it, measure, range, reached)
      bound = range.begin ? "at least" : "at most"
      wanted = Table.show(measure, range.begin || range.end)
      words = NAMES.fetch(measure) { measure.to_s.tr("_", " ") }
      met = range.cover?(reached)
      text = "#{it.title}: #{Table.show(measure, reached)} #{words} (target: #{bound} #{wanted})"
      { case: it.title, measure: measure, met: met, reached: reached, text: "#{met ? "met   " : "MISSED"}  #{text}" }
    end
  end
end
