# frozen_string_literal: true

require "json"
require "open3"
require "yaml"

# The dashboard and the alert rules ask for what is exported, and Prometheus understands them.
RSpec.describe "monitoring" do
  folder = File.expand_path("../../monitoring", __dir__)
  # The metrics of docs/operations.md are those that a server exports: see operations_spec.rb.
  documented = File.read(File.join(folder, "../docs/operations.md")).scan(/^\| `(karafka_\w+)` \| (\w+)/).to_h
  expressions = {
    "alerts.yml" => YAML.load_file(File.join(folder, "alerts.yml"))["groups"].flat_map { |it| it["rules"] }
      .map { |rule| rule["expr"] },
    "grafana.json" => JSON.parse(File.read(File.join(folder, "grafana.json"))).then do |board|
      board["panels"].flat_map { |panel| panel["targets"] }.map { |it| it["expr"] } +
        board["templating"]["list"].map { |it| it["query"] }
    end
  }

  def promtool(*arguments, dir:)
    skip "promtool (Debian's package prometheus) is not on PATH" unless system("command -v promtool >/dev/null")
    Open3.capture2e("promtool", *arguments, chdir: dir)
  end

  expressions.each do |file, texts|
    it "#{file} asks only for metrics there are, histograms by their parts" do
      parts = documented.flat_map do |name, kind|
        kind == "histogram" ? %w[bucket sum count].map { |part| "#{name}_#{part}" } : [name]
      end
      asked = texts.flat_map { |text| text.scan(/karafka_\w+/) }.uniq
      expect(asked.size).to be > 9
      expect(asked - parts).to eq([])
    end
  end

  it "has rules that Prometheus accepts, and that fire when they should and not otherwise" do
    out, status = promtool("check", "rules", "alerts.yml", dir: folder)
    expect(status).to be_success, out
    out, status = promtool("test", "rules", "alerts_test.yml", dir: folder)
    expect(status).to be_success, out
  end
end
