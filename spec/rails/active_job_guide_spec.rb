# frozen_string_literal: true

require "spec_helper"
require_relative "../docs/guides/run"

# The guide is a program, like the others; this one needs Active Job.
RSpec.describe "docs/active_job.md" do
  path = File.expand_path("../../docs/active_job.md", __dir__)

  it "runs as it is written" do
    command = [*Children::RUBY, File.expand_path("../docs/guides/run.rb", __dir__), path]
    ended = start_child(command, env: { "KARAFKA_ENV" => "test" }).finish
    expect(ended.code).to eq(0), "#{ended.err}\n#{ended.out.last(5).join("\n")}"
    expect(ended.out.last).to eq("results: #{Guide.blocks(path).sum { |_, code| code.scan("# => ").size }}")
  end
end
