# frozen_string_literal: true

require "spec_helper"
require "open3"

# What is public is documented, in a way that YARD understands. Options are in .yardopts.
RSpec.describe "YARD" do
  it "reads the comments without a warning, and misses none" do
    root = File.expand_path("../..", __dir__)
    output, status = Open3.capture2e(RbConfig.ruby, "-S", "yard", "stats", "--list-undoc", "--no-cache", "--no-save",
                                     chdir: root)
    expect(status).to be_success, output
    expect(output).not_to match(/\[(warn|error)\]/)
    expect(output).to include("100.00% documented"), output
  end
end
