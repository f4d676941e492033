# frozen_string_literal: true

# Owns showing numbers: which columns there are, and how each is written. Pure.
class Table
  # Measure => heading and format.
  COLUMNS = {
    records: ["records", :whole], rate: ["records/s", :whole], rate_min: ["min", :whole], rate_max: ["max", :whole],
    cpu_seconds_per_million: ["cpu-s per M", "%.2f"], objects_per_record: ["objects each", "%.3f"],
    peak_rss_mb: ["peak MB", "%.0f"], of_ceiling: ["of ceiling", :percent],
    of_beside: ["of batch call", :percent], cpu_growth: ["cpu growth", "%.2f"],
    count: ["messages", :whole], p50_ms: ["p50 ms", "%.2f"], p99_ms: ["p99 ms", "%.2f"], max_ms: ["max ms", "%.2f"],
    p50_above_ms: ["p50 above", "%.2f"], p99_above_ms: ["p99 above", "%.2f"]
  }.freeze

  class << self
    # @param measure [Symbol]
    # @return [String] the number as people read it
    def show(measure, number)
      return "-" unless number

      case COLUMNS.dig(measure, 1) || (number.to_i == number ? :whole : "%.2f")
      in :whole then number.round.to_s.gsub(/(\d)(?=(\d{3})+\z)/, '\1,')
      in :percent then format("%.0f %%", number * 100)
      in pattern then format(pattern, number)
      end
    end
  end

  # @param lines [Array<Array<String>>] the first is the head
  # @return [String] for a Markdown file
  def self.markdown(lines)
    head, *rows = lines
    ruler = ["---"] + (["---:"] * (head.size - 1))
    [head, ruler, *rows].map { |cells| "| #{cells.join(" | ")} |\n" }.join
  end

  # @param title [String]
  # @param rows [Hash{String => Hash{Symbol => Numeric, nil}}] numbers by name
  def initialize(title, rows)
    @title = title
    @rows = rows
    numbers = rows.values
    known = COLUMNS.keys & numbers.flat_map(&:keys)
    @measures = (known | numbers.flat_map(&:keys)).reject do |measure|
      measure == :noisy || numbers.all? { |found| found[measure].nil? }
    end
  end

  # @return [String] for a terminal
  def text
    lines = cells
    widths = lines.transpose.map { |column| column.map(&:size).max }
    lines.map do |first, *rest|
      padded = rest.each_with_index.map { |cell, index| cell.rjust(widths[index + 1]) }
      "#{[first.ljust(widths[0]), *padded].join("  ").rstrip}\n"
    end.join
  end

  # @return [String] for a Markdown file
  def markdown
    self.class.markdown(cells)
  end

  private

  def cells
    head = [@title, *@measures.map { |measure| COLUMNS.dig(measure, 0) || measure.to_s.tr("_", " ") }]
    rows = @rows.map do |name, numbers|
      shown = @measures.map { |measure| self.class.show(measure, numbers[measure]) }
      ["#{name}#{" (noisy)" if numbers[:noisy]}", *shown]
    end
    [head, *rows]
  end
end
