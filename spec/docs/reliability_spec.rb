# frozen_string_literal: true

require_relative "named_tests"

RSpec.describe "docs/reliability.md" do
  text = File.read(File.join(NamedTests::ROOT, "docs/reliability.md"))
  named = NamedTests.in(text)

  it "names tests" do
    expect(named.values.sum { |names| [names.size, 1].max }).to be > 30
  end

  named.each do |file, names|
    it "names the tests of #{file} rightly" do
      path = NamedTests.find(file)
      expect(path).not_to be_nil
      expect(names.reject { |name| File.read(path).include?(name) }).to eq []
    end
  end

  it "names only rake tasks that exist" do
    tasks = Dir[File.join(NamedTests::ROOT, "rakelib/*.rake")].map { |path| File.read(path) }.join
    named_tasks = text.scan(/`rake (\w+)/).flatten.uniq
    expect(named_tasks.reject { |task| tasks.match?(/task :?"?#{task}\b/) }).to eq []
  end
end
