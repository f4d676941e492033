# frozen_string_literal: true

require "spec_helper"
require_relative "guides/run"

# Each guide is a program: its ruby blocks run together, and what they show after `# =>` is what they give.
RSpec.describe "docs" do
  root = File.expand_path("../..", __dir__)
  # Run as their readers would, by a spec of their own.
  elsewhere = {
    "active_job" => "spec/rails/active_job_guide_spec.rb",
    "getting_started" => "spec/docs/getting_started_spec.rb",
    "rails" => "spec/rails/rails_guide_spec.rb",
    "testing" => "spec/docs/testing_spec.rb",
    "tracing" => "spec/docs/tracing_spec.rb",
    "transactions" => "spec/rails/transactions_guide_spec.rb"
  }
  guides = Dir[File.join(root, "docs/*.md")].reject { |path| elsewhere.key?(File.basename(path, ".md")) }

  guides.each do |path|
    blocks = Guide.blocks(path)
    next if blocks.empty?

    it "#{File.basename(path)} runs as it is written" do
      command = [*Children::RUBY, File.join(__dir__, "guides/run.rb"), path]
      ended = start_child(command, env: { "KARAFKA_ENV" => "test" }).finish
      expect(ended.code).to eq(0), "#{ended.err}\n#{ended.out.last(5).join("\n")}"
      shown = blocks.sum { |_, code| code.scan(/# => /).size }
      expect(shown.positive? || File.exist?(path.sub(%r{docs/(\w+)\.md}, 'spec/docs/guides/\1_after.rb'))).to be true
      expect(ended.out.last).to eq("results: #{shown}")
    end
  end

  it "notices a result that is not so, and code that raises" do
    ["1 + 1 # => 3", "raise 'no'"].each do |code|
      guide = Tempfile.new(%w[guide .md]).tap { |file| file.write("```ruby\n#{code}\n```\n") && file.close }
      ended = start_child([*Children::RUBY, File.join(__dir__, "guides/run.rb"), guide.path]).finish
      expect([ended.code, ended.err]).to match([1, /guide.*:2/])
    end
  end

  it "has code in the guides" do
    names = guides.reject { |path| Guide.blocks(path).empty? }.map { |path| File.basename(path, ".md") }
    expect(names).to include("routing", "consuming", "offsets", "responders", "producing", "configuration", "errors",
                             "migrating")
  end

  it "links only to what is there" do
    broken = Dir[File.join(root, "docs/*.md")].flat_map do |path|
      links = File.read(path).scan(/\]\(([^)#:]+)(?:#[^)]*)?\)/).flatten
      links.reject { |link| File.exist?(File.expand_path(link, File.dirname(path))) }
    end
    expect(broken).to eq []
  end
end
