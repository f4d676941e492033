# frozen_string_literal: true

# Owns the rules about committed offsets, seen from outside and confirmed to user code: never ahead of what is done,
# never back, and nothing behind them is delivered to a later assignment. Pure.
module Faults
  class Commits
    # Seconds that a commit must be older than an assignment to be seen by it for sure.
    SETTLED = 2

    # @param consumers [Hash{String => Array<Event>}]
    # @param samples [Array(Float, Float, Array<Hash>)]
    def initialize(consumers, samples)
      @consumers = consumers
      @samples = samples
    end

    def violations
      ahead + back + repeated
    end

    private

    # [from, to, partition, offset] of each look that found one.
    def seen
      @seen ||= @samples.flat_map do |from, to, positions|
        positions.filter_map { |it| [from, to, it[:partition], it[:committed]] if it[:committed] }
      end
    end

    # When each record was first done, by anybody.
    def done
      @done ||= @consumers.values.flatten.each_with_object({}) do |event, all|
        next unless event.kind == "done"

        place = event.details[1, 2]
        all[place] = event.at if all[place].nil? || event.at < all[place]
      end
    end

    def ahead
      checked = Hash.new(0)
      seen.filter_map do |_, to, partition, committed|
        missing = (checked[partition]...committed).find { |offset| (done[[partition, offset]] || Float::INFINITY) > to }
        checked[partition] = [checked[partition], committed].max
        next unless missing

        Violation.new("committed ahead", "partition #{partition}: #{committed} was committed at #{to.round(3)} " \
                                         "before record #{missing} was done")
      end
    end

    # Looks may overlap; only one that ended before another began was before it.
    def back
      seen.group_by { |_, _, partition, _| partition }.flat_map do |partition, list|
        list.filter_map do |from, to, _, committed|
          before = list.select { |_, earlier, _, _| earlier < from }.map(&:last).max
          next unless before && committed < [before, sought(partition, to)].compact.min

          Violation.new("committed back", "partition #{partition}: from #{before} to #{committed} at #{to.round(3)}")
        end
      end
    end

    # The lowest offset that user code had sought by then: positions may have gone back as far as that.
    def sought(partition, time)
      @sought ||= @consumers.values.flatten.select { |event| event.kind == "seek" }
      @sought.filter_map { |event| event.details[2] if event.details[1] == partition && event.at <= time }.min
    end

    # Times and offsets of commits that are known to have happened.
    def confirmed
      @confirmed ||= begin
        outside = seen.map { |_, to, partition, committed| [partition, to, committed] }
        inside = @consumers.values.flatten.filter_map do |event|
          next unless event.kind == "mark" && event.details[3] && event.details[4]

          [event.details[1], event.at, event.details[2] + 1]
        end
        (outside + inside).group_by(&:first).transform_values { |list| list.map { |it| it.drop(1) }.sort }
      end
    end

    # The first batch of each assignment tells where the assignment began.
    def repeated
      @consumers.flat_map do |name, events|
        assigned = {}
        known = {}
        events.filter_map do |event|
          assigned[event.details[0]] = event.at if event.kind == "assigned"
          next unless event.kind == "enter" && !known[event.details[0]]

          lease, partition, first = event.details
          known[lease] = true
          repeat(name, partition, first, assigned[partition] || event.at)
        end
      end
    end

    def repeat(name, partition, first, assigned)
      committed = confirmed.fetch(partition, []).take_while { |at, _| at < assigned - SETTLED }.map(&:last).max
      return unless committed && first < [committed, sought(partition, assigned)].compact.min

      Violation.new("repeated", "#{name}: partition #{partition}, assigned at #{assigned.round(3)}, began with " \
                                "#{first}, but #{committed} was committed #{SETTLED} s before")
    end
  end
end
