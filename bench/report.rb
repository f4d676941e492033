# frozen_string_literal: true

require "json"
require_relative "summary"
require_relative "table"
require_relative "targets"

# Owns what is told of a run: tables, targets, noise, and the same for other programs. Prints; writes nothing.
class Report
  # @param machine [Hash] see {Machine.description}
  # @param rounds [Integer]
  def initialize(machine, rounds)
    @machine = machine
    @rounds = rounds
    @groups = {}
    puts machine.map { |name, value| "#{name.to_s.tr("_", " ")}: #{value}" }, "rounds: #{rounds}", ""
  end

  # @param cases [Hash{Case => String}] why they are not measured
  # @return [void]
  def skip(cases)
    @skipped = cases.transform_keys(&:title)
    puts @skipped.map { |title, reason| "skipped  #{title}: #{reason}" }, ""
  end

  # @param group [String]
  # @param runs [Hash{Case => Array<Hash>}]
  # @return [void]
  def add(group, runs)
    @groups[group] = found = Summary.new(runs).to_h
    puts found.keys.filter_map(&:topic).uniq(&:name), Table.new(group, found.transform_keys(&:name)).text, ""
    $stdout.flush
  end

  # @param stolen [Float] share of the machine's time
  # @return [void]
  def finish(stolen)
    @machine = @machine.merge(stolen: stolen.round(4))
    noisy = numbers.select { |_, found| found[:noisy] }.keys.map(&:title)
    puts verdicts.map { |verdict| verdict[:text] }, "",
         "noisy (runs further apart than #{(Summary::NOISE * 100).round} % of the median): " \
         "#{noisy.empty? ? "none" : noisy.join(", ")}",
         "stolen from this machine meanwhile: #{(stolen * 100).round(1)} % of its time"
  end

  # @return [String] JSON
  def to_json(*)
    groups = @groups.transform_values do |found|
      found.map { |it, all| { key: it.key, name: it.name, topic: it.topic&.to_s, rust: it.rust?, numbers: all } }
    end
    JSON.pretty_generate(machine: @machine, rounds: @rounds, skipped: @skipped, groups: groups, targets: verdicts)
  end

  private

  def numbers
    @groups.values.reduce({}, :merge)
  end

  def verdicts
    Targets.judge(numbers)
  end
end
