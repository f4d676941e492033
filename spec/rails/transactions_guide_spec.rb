# frozen_string_literal: true

require "spec_helper"

# docs/transactions.md is a program: what it shows is run, on SQLite and the embedded broker.
RSpec.describe "docs/transactions.md" do
  it "runs as it is written" do
    command = [*Children::RUBY, "spec/docs/guides/run.rb", "docs/transactions.md"]
    ended = start_child(command, env: { "KARAFKA_ENV" => "test" }, dir: Children::ROOT).finish
    expect(ended.code).to eq(0), "#{ended.err}\n#{ended.out.last(5).join("\n")}"
    expect(ended.out.last).to eq("results: 0")
  end
end
