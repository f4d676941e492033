# frozen_string_literal: true

# Owns turning the runs of each case into numbers that can be compared: medians, spread, and their share of the ceiling
# in the same round, because what else the machine did then hit both alike. Pure.
class Summary
  # A case whose runs are further apart, in relation to their median, is noisy.
  NOISE = 0.25

  # @param runs [Hash{Case => Array<Hash>}] measurements, one a round
  def initialize(runs)
    @runs = runs
    @by_title = runs.keys.to_h { |it| [it.title, it] }
  end

  # @return [Hash{Case => Hash{Symbol => Numeric, nil}}]
  def to_h
    @to_h ||= @runs.to_h { |it, runs| [it, summarize(it, runs)] }.tap { |all| compare_growth(all) }
  end

  # @param numbers [Array<Numeric>]
  # @return [Numeric, nil]
  def self.median(numbers)
    sorted = numbers.sort
    middle = sorted.size / 2
    return sorted[middle] if sorted.size.odd? || sorted.empty?

    (sorted[middle - 1] + sorted[middle]) / 2.0
  end

  private

  def summarize(it, runs)
    first = runs.first
    if first.key?("seconds") then throughput(it, runs)
    elsif first.key?("p50_ms") then latency(it, runs)
    else
      plain(runs)
    end
  end

  def throughput(it, runs)
    rates = runs.map { |run| rate(run) }
    objects = runs.filter_map { |run| run["objects"] && (run["objects"].to_f / run["records"]) }
    {
      records: runs.first["records"], rate: median(rates), rate_min: rates.min, rate_max: rates.max,
      cpu_seconds_per_million: median(runs.map { |run| run["cpu_seconds"] / (run["records"] / 1e6) }),
      objects_per_record: median(objects), peak_rss_mb: runs.filter_map { |run| run["peak_rss_kb"] }.max&./(1024.0),
      of_ceiling: median(of_ceiling(it, runs)), of_beside: median(shares(runs, beside_runs(it))), noisy: noisy?(rates)
    }
  end

  def latency(it, runs)
    ceilings = ceiling_runs(it)
    above = lambda do |name|
      median(runs.zip(ceilings).map { |run, ceiling| run[name] - ceiling[name] }) if ceilings
    end
    numbers = plain(runs).slice(:count, :p50_ms, :p99_ms, :max_ms, :mean_ms)
    numbers.merge(p50_above_ms: above.call("p50_ms"), p99_above_ms: above.call("p99_ms"),
                  noisy: noisy?(runs.map { |run| run["p50_ms"] }))
  end

  # Named numbers: the median of each.
  def plain(runs)
    runs.first.select { |_, number| number.is_a?(Numeric) }.to_h do |name, _|
      [name.to_sym, median(runs.map { |run| run[name] })]
    end
  end

  def of_ceiling(it, runs)
    return runs.map { |run| rate(run) / it.theory } if it.theory

    shares(runs, ceiling_runs(it))
  end

  def shares(runs, others)
    others ? runs.zip(others).map { |run, other| rate(run) / rate(other) } : []
  end

  def beside_runs(it)
    @runs[@by_title["#{it.group}/#{it.beside}"]]
  end

  def ceiling_runs(it)
    keys = [*it.ceiling].filter_map { |key| @by_title["#{it.group}/#{key}"] }
    return @runs[keys.first] if keys.size < 2

    @runs[keys.max_by { |way| median(@runs[way].map { |run| rate(run) }) }]
  end

  def compare_growth(all)
    all.each do |it, numbers|
      from = all[@by_title["#{it.group}/#{it.grows_from}"]] if it.grows_from
      numbers[:cpu_growth] = numbers[:cpu_seconds_per_million] / from[:cpu_seconds_per_million] if from
    end
  end

  def noisy?(numbers)
    numbers.max - numbers.min > NOISE * median(numbers)
  end

  def rate(run)
    run["records"] / run["seconds"]
  end

  def median(numbers)
    self.class.median(numbers)
  end
end
