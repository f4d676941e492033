# frozen_string_literal: true

require_relative "named_tests"

RSpec.describe "docs/compatibility.md" do
  text = File.read(File.join(NamedTests::ROOT, "docs/compatibility.md"))

  it "names a test in each row" do
    rows = text.lines.grep(/\A\| /).grep_v(/\A\| (what|Karafka 1.1) \|/)
    expect(rows.size).to be > 40
    expect(rows.select { |row| NamedTests.in(row).values.flatten.empty? }).to eq []
  end

  NamedTests.in(text).each do |file, names|
    it "names the tests of #{file} rightly" do
      path = NamedTests.find(file)
      expect(path).not_to be_nil
      expect(names.reject { |name| File.read(path).include?(name) }).to eq []
    end
  end
end
