# frozen_string_literal: true

require "spec_helper"
require_relative "guides/run"

# The guide as one program, twice: with OpenTelemetry, and without the blocks that are about it.
RSpec.describe "docs/tracing.md" do
  path = File.expand_path("../../docs/tracing.md", __dir__)

  def run_guide(path, **env)
    command = [*Children::RUBY, File.join(__dir__, "guides/run.rb"), path]
    start_child(command, env: { "KARAFKA_ENV" => "test", **env.transform_keys(&:to_s) }).finish
  end

  def without_open_telemetry(path)
    text = File.read(path).gsub(/^```ruby\n(?:(?!^```).)*OpenTelemetry.*?^```\n/m, "")
    File.join(Dir.mktmpdir, "tracing.md").tap { |copy| File.write(copy, text) }
  end

  it "runs as it is written, and a request is one trace to its last consumer" do
    ended = run_guide(path, OPEN_TELEMETRY: "1", **OpenTelemetryForChildren.env)
    expect(ended.code).to eq(0), "#{ended.err}\n#{ended.out.last(5).join("\n")}"
    expect(ended.out.last).to eq("results: #{File.read(path).scan(/# => /).size}")
  end

  it "runs without OpenTelemetry, and a request is one trace to its last consumer" do
    copy = without_open_telemetry(path)
    expect(Guide.blocks(copy).size).to eq(Guide.blocks(path).size - 3)
    ended = run_guide(copy)
    expect(ended.code).to eq(0), "#{ended.err}\n#{ended.out.last(5).join("\n")}"
    expect(ended.out.last).to eq("results: #{File.read(copy).scan(/# => /).size}")
  ensure
    FileUtils.rm_rf(File.dirname(copy)) if copy
  end
end
