# frozen_string_literal: true

require "json"
require_relative "chart"
require_relative "peers"
require_relative "table"

# Owns what docs/performance.md and its chart say of a run: all between `<!-- bench: NAME -->` and `<!-- end -->` is
# written anew from the run's JSON, the rest is written by hand. Run by `rake bench:docs`.
class BenchDocs
  FOLDER = File.expand_path("../docs", __dir__)
  # Heading => the ceiling, what of ours stands beside it, and what of the peers: group, key, name.
  BARS = {
    "Consuming: count the records" => [["consume", "rust-split", "Rust over librdkafka"], %w[consume count], :count],
    "Consuming: read every payload" => [["consume", "rust-touch", "Rust over librdkafka"], %w[consume raw], :raw],
    "Consuming: JSON, every field" => [["json", "rust-small", "Rust, serde_json to values"], %w[consume json], :json],
    "Producing: a handle each, wait for all" => [["produce", "rust-batch", "Rust, librdkafka's batch call"],
                                                 %w[produce handles], :produce]
  }.freeze

  # @param run [Hash] of tmp/bench.json
  def initialize(run)
    @run = run
  end

  # @param text [String] of docs/performance.md
  # @return [String] what it should be
  def text(text)
    text.gsub(/(<!-- bench: (\w+) -->\n).*?(<!-- end -->)/m) do
      "#{Regexp.last_match(1)}#{part(Regexp.last_match(2))}#{Regexp.last_match(3)}"
    end
  end

  # @return [String] SVG
  def chart
    blocks = BARS.transform_values { |ceiling, ours, work| bars(ceiling, ours, work) }.reject { |_, bars| bars.empty? }
    Chart.new("Records of 100 bytes a second, more is better", blocks).svg
  end

  private

  def part(name)
    return __send__(name) if %w[machine targets peers].include?(name)

    rows = @run["groups"].fetch(name) { return "Not measured in this run.\n" }
    topics = rows.filter_map { |row| row["topic"] }.uniq.map { |topic| "- #{topic}\n" }
    numbers = rows.to_h { |row| [row["name"], row["numbers"].transform_keys(&:to_sym)] }
    "#{topics.join}\n#{Table.new(name, numbers).markdown}"
  end

  def machine
    @run["machine"].merge("rounds" => @run["rounds"]).map { |fact, value| "- #{fact.tr("_", " ")}: #{value}\n" }.join
  end

  def targets
    @run["targets"].map do |target|
      "- #{target["met"] ? "met" : "**missed**"}: #{target["text"][/\S+\s+(.*)/, 1]}\n"
    end.join
  end

  def peers
    works = Peers::RATES.values.flat_map(&:keys).uniq
    rows = Peers::RATES.map { |name, rates| [name, *works.map { |work| Table.show(:rate, rates[work]) }] }
    Table.markdown([["records a second", *works.map(&:to_s)], *rows])
  end

  def bars((group, key, name), ours, work)
    own = rate(*ours) or return []
    ceiling = rate(group, key)
    [*(ceiling && [[name, :ceiling, ceiling]]), ["karafka_rs", :ours, own],
     *Peers::RATES.filter_map { |peer, rates| [peer, :peer, rates[work]] if rates[work] }]
  end

  def rate(group, key)
    @run["groups"][group]&.find { |row| row["key"] == key }&.dig("numbers", "rate")
  end
end
