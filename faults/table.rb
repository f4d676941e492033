# frozen_string_literal: true

# Owns how the verdicts of many histories are told in the end. Pure: verdicts in, text out.
module Faults
  class Table
    FIGURES = {
      produced: "records produced", acked: "records acknowledged", failed: "records given up by the producer",
      consumed: "records consumed", duplicates: "consumed again", samples: "looks at committed offsets",
      processes: "processes"
    }.freeze
    # Always told, also when there were none.
    PROMISES = ["lost", "order", "twice at once", "repeated", "committed ahead", "committed back", "changed", "attempt",
                "refused mark", "hung", "wrong exit", "crash"].freeze

    # @param verdicts [Array<Hash>]
    def initialize(verdicts)
      @verdicts = verdicts
    end

    # @return [String]
    def to_s
      [*figures, "", "faults carried out: #{faults.values.sum}", *faults.sort.map { |pair| line(*pair) },
       "", "broken promises:", *violations.map { |pair| line(*pair) }].join("\n")
    end

    private

    def figures
      brokers = @verdicts.map { |verdict| verdict[:broker] }.tally.map { |kind, count| "#{kind} #{count}" }
      ["histories: #{@verdicts.size} (#{brokers.join(", ")})",
       *FIGURES.map { |key, text| line(text, @verdicts.sum { |verdict| verdict[key] || 0 }) }]
    end

    def faults
      @faults ||= @verdicts.map { |verdict| verdict[:faults] || {} }.reduce({}) do |all, some|
        all.merge(some.transform_keys(&:to_s)) { |_, one, other| one + other }
      end
    end

    # How many histories broke each promise.
    def violations
      broken = @verdicts.flat_map { |verdict| verdict[:violations].map { |it| it[:kind] }.uniq }.tally
      PROMISES.to_h { |kind| [kind, 0] }.merge(broken)
    end

    def line(text, number)
      format("  %-44<text>s %<number>d", text: text, number: number)
    end
  end
end
