# frozen_string_literal: true

require "spec_helper"
require "open3"

# What is public is documented, in a way that YARD understands. Options are in .yardopts.
RSpec.describe "YARD" do
  # Constants may speak by their names.
  it "reads the comments without a warning, and misses none of a class, a module or a method" do
    root = File.expand_path("../..", __dir__)
    output, status = Open3.capture2e(RbConfig.ruby, "-S", "yard", "stats", "--list-undoc", "--no-cache", "--no-save",
                                     chdir: root)
    expect(status).to be_success, output
    expect(output).not_to match(/\[(warn|error)\]/)
    counts = output.scan(/^(Modules|Classes|Attributes|Methods): +(\d+) \( +(\d+) undocumented\)/)
    expect(counts.map(&:first)).to eq(%w[Modules Classes Attributes Methods])
    expect(counts.map(&:last).uniq).to eq(["0"]), output
  end
end
