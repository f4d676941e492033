# frozen_string_literal: true

# Owns turning the runs of each way into numbers that can be compared, and showing them. Pure but for printing.
class Table
  HEADINGS = ["", "records/s", "min", "max", "cpu-s per M", "objects each", "peak MB", "of ceiling"].freeze

  # @param runs [Hash{String => Array<Hash>}] measurements by way
  # @param ceilings [Array<String>] the ways that may be the ceiling: the one with the fastest median is
  def initialize(runs, ceilings)
    @runs = runs
    @ceiling = (ceilings & runs.keys).max_by { |way| median(runs.fetch(way).map { |run| rate(run) }) }
  end

  # @return [Hash{String => Hash}] by way
  def summary
    @summary ||= @runs.to_h { |way, runs| [way, summarize(runs)] }
  end

  # @param title [String]
  # @return [void]
  def print(title)
    rows = [[title, *HEADINGS.drop(1)]] + summary.map { |way, numbers| [way, *shown(numbers)] }
    widths = rows.transpose.map { |column| column.map(&:size).max }
    rows.each do |first, *rest|
      cells = rest.each_with_index.map { |cell, index| cell.rjust(widths[index + 1]) }
      puts [first.ljust(widths[0]), *cells].join("  ").rstrip
    end
    puts
  end

  private

  def summarize(runs)
    rates = runs.map { |run| rate(run) }
    millions = runs.map { |run| run["records"] / 1e6 }
    cpu = runs.zip(millions).map { |run, million| run["cpu_seconds"] / million }
    objects = runs.filter_map { |run| run["objects"] && (run["objects"].to_f / run["records"]) }
    {
      rate: median(rates), rate_min: rates.min, rate_max: rates.max, cpu_seconds_per_million: median(cpu),
      objects_per_record: median(objects), peak_rss_mb: runs.filter_map { |run| run["peak_rss_kb"] }.max&./(1024.0),
      of_ceiling: median(of_ceiling(runs)), runs: runs
    }
  end

  # Against the ceiling of the same round: what else the machine was doing then hit both.
  def of_ceiling(runs)
    return [] unless @ceiling

    runs.zip(@runs.fetch(@ceiling)).map { |run, ceiling| rate(run) / rate(ceiling) }
  end

  def rate(run)
    run["records"] / run["seconds"]
  end

  def median(numbers)
    sorted = numbers.sort
    middle = sorted.size / 2
    return sorted[middle] if sorted.size.odd? || sorted.empty?

    (sorted[middle - 1] + sorted[middle]) / 2.0
  end

  def shown(numbers)
    rates = numbers.values_at(:rate, :rate_min, :rate_max).map { |rate| thousands(rate) }
    [
      *rates, format("%.2f", numbers[:cpu_seconds_per_million]), decimal("%.3f", numbers[:objects_per_record]),
      decimal("%.0f", numbers[:peak_rss_mb]), decimal("%.0f %%", numbers[:of_ceiling]&.*(100))
    ]
  end

  def decimal(pattern, number)
    number ? format(pattern, number) : "-"
  end

  def thousands(number)
    number.round.to_s.gsub(/(\d)(?=(\d{3})+\z)/, '\1,')
  end
end
