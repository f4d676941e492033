# frozen_string_literal: true

# A job that fails is told as the guide shows it: same fields, same words.
shown = JSON.parse(File.read("docs/logging.md")[/^```json\n(.*?)^```/m, 1])
lines = StringIO.new
Karafka.reset_shared!
Karafka::App.setup do |config|
  config.logger = Logger.new(lines)
  config.log.format = :json
  config.log.levels = {}
end
orders = Class.new(Karafka::BaseController) do
  def consume
    {}.fetch("id") if attempt < 3
  end
end
Karafka::App.consumer_groups.draw { topic(:orders) { controller orders } }
Karafka.producer.produce_sync(topic: "orders", payload: "{}")
serve("it failed twice") { lines.string.include?('"attempt":2') }
own, framework = lines.string.lines.partition { |line| line.include?("WARN -- : ") }
expect_equal(true, own.first.end_with?("orders/0 is tried again: KeyError\n"))
told = framework.map { |line| JSON.parse(line) }.find { |line| line["attempt"] == 2 }
words = ->(line) { line["message"].gsub(/\d+(\.\d+)?/, "N").sub("shop_", "") }
expect_equal(words.call(shown), words.call(told))
expect_equal(shown["error"].keys, told["error"].keys)

# What is shown is told, and what is told is shown or in the table.
rows = File.readlines("docs/logging.md").grep(/\A\| `/)
documented = rows.flat_map { |row| row.split(" | ").first.scan(/`(\w+)`/).flatten }
expect_equal([], shown.keys - told.keys)
expect_equal([], told.keys - shown.keys - documented)
expect_equal([], %w[time level event message group topic partition offset attempt error pid thread] - documented)
