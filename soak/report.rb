# frozen_string_literal: true

require_relative "coverage"
require_relative "slope"

# Owns turning what the members wrote into a table and a verdict. Pure but for printing.
class Report
  # Megabytes of resident memory that 10 million consumed records may leave behind.
  LIMIT = 1.0
  # Until so much of the records is consumed, caches, pools and the heap find their size: glibc's keeps growing by what
  # is free in it for some ten million records, while what is in use falls.
  WARM_UP = 0.5
  UNIT = 10_000_000.0
  COLUMNS = {
    "resident memory, MB" => 1, "malloc, in use, MB" => 6, "malloc, free and kept, MB" => 7, "live Ruby objects" => 2,
    "native bytes behind batches" => 3
  }.freeze

  # @param watched [Hash] what the watched member wrote
  # @param guests [Array<Hash>] what the others wrote
  def initialize(watched, guests, records, partitions, groups)
    @watched = watched
    @guests = guests
    @members = [watched, *guests]
    @records = records
    @partitions = partitions
    @groups = groups
    samples = watched["samples"]
    @warm = samples.drop_while { |sample| sample.first < WARM_UP * samples.last.first }
  end

  # @return [Boolean]
  def good?
    failures.empty?
  end

  # @return [void]
  def print(seconds)
    rows(seconds).each { |name, value| puts format("%-46<name>s %<value>s", name: name, value: value) }
    puts "soak: #{good? ? "passed" : "FAILED: #{failures.join("; ")}"}#{cause}#{doubt}"
  end

  private

  def rows(seconds)
    first, last = @warm.values_at(0, -1)
    known = COLUMNS.keys.select { |name| last[COLUMNS.fetch(name)] }
    shown_slopes = known.to_h { |name| ["#{name} per 10M consumed", show(slope(name))] }
    {
      "records in the topic" => @records, "records consumed, all groups and members" => consumed,
      "of these by the watched process" => @watched["samples"].last.first, "seconds" => seconds.round,
      "members that joined and left" => @guests.size, "partitions taken away from the watched" => taken_away,
      "records lost, by group" => lost, "batches out of order" => breaks, "payloads of another record" => wrong,
      "errors in user code" => told("worker.failed"), "errors of clients" => told("connection.error"),
      "resident memory, MB, warm and at the end" => "#{first[1].round(1)} and #{last[1].round(1)}",
      **shown_slopes,
      "threads, warm and at the end" => "#{first[4]} and #{last[4]}",
      "descriptors, warm and at the end" => "#{first[5]} and #{last[5]}",
      "threads, descriptors, before and after" => [@watched["before"], @watched["after"]].inspect,
      "samples after the warm-up" => @warm.size
    }
  end

  def failures
    @failures ||= {
      "a group lost records" => lost.values.sum.positive?, "order was broken" => breaks.positive?,
      "a payload was another record's" => wrong.positive?, "user code raised" => told("worker.failed").positive?,
      "a member did not stop clean" => @members.any? { |member| !member["clean"] },
      "an answer was not delivered" => told("producer.delivery_failed").positive?,
      "memory grows by more than #{LIMIT} MB per 10M" => memory.value * UNIT > LIMIT,
      "threads grow" => grown?(4), "descriptors grow" => grown?(5),
      "threads are left at the end" => @watched["after"].first > @watched["before"].first
    }.select { |_, wrong| wrong }.keys
  end

  # Resident memory fails either way; where to look differs.
  def cause
    return unless memory.value * UNIT > LIMIT && @warm.last[6]

    used = slope("malloc, in use, MB")
    if (used.value - used.margin) * UNIT > 0
      " (what is in use grows: a leak)"
    elsif (used.value + used.margin) * UNIT < LIMIT
      " (what is in use does not: malloc keeps more of what is free; compare a run with MALLOC_ARENA_MAX=1)"
    end
  end

  # A slope that could as well be another one proves nothing.
  def doubt
    margin = memory.margin * UNIT
    return if margin <= LIMIT || memory.value * UNIT > LIMIT + margin

    format(", but the samples leave the slope open by %.1f MB per 10M: more RECORDS would tell", margin)
  end

  # Rebalances open and close connections, so the busiest moments of both halves are compared.
  def grown?(column)
    one, other = @warm.each_slice((@warm.size / 2.0).ceil).map { |half| half.map { |sample| sample[column] }.max }
    other > one + 2
  end

  def slope(name)
    Slope.new(@warm.map { |sample| sample.values_at(0, COLUMNS.fetch(name)) })
  end

  def memory
    @memory ||= slope("resident memory, MB")
  end

  def show(slope)
    format("%+.2f, 95 %% within +-%.2f", slope.value * UNIT, slope.margin * UNIT)
  end

  def lost
    @lost ||= @groups.to_h do |group|
      runs = @members.flat_map { |member| member["runs"] }.select { |run| run.first == group }
      by_partition = runs.group_by { |run| run[1] }
      missing = Array.new(@partitions) do |partition|
        Coverage.missing((by_partition[partition] || []).map { |run| run.last(2) }, @records / @partitions)
      end
      [group, missing.sum]
    end
  end

  def consumed
    @members.sum { |member| member["runs"].sum { |_, _, from, to| to - from } }
  end

  def breaks
    @members.sum { |member| member["breaks"] }
  end

  def wrong
    @members.sum { |member| member["wrong"] }
  end

  def taken_away
    @watched["told"]["partitions.revoked"]
  end

  def told(event)
    @members.sum { |member| member["told"][event] || 0 }
  end
end
