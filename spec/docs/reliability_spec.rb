# frozen_string_literal: true

# Owns the truth of docs/reliability.md: each test that it names is there. Reads files only.
RSpec.describe "docs/reliability.md" do
  root = File.expand_path("../..", __dir__)
  text = File.read(File.join(root, "docs/reliability.md"))
  rows = text.lines.grep(/\A\| /).map { |line|
           line.split(" | ")
         }.reject { |cells| cells.first.match?(/\A\|-|promise|what/) }

  # `file` "name", "name"; `file`
  named = rows.flat_map do |cells|
    cells.last.scan(/`([^`]+\.(?:rb|rs))`((?:,? "[^"]+")*)/).map { |file, names|
      [file, names.scan(/"([^"]+)"/).flatten]
    }
  end

  find = lambda do |file|
    [File.join(root, file), *Dir[File.join(root, "{spec,tests,src}/**", File.basename(file))]].find { |it|
      File.file?(it)
    }
  end

  it "names tests" do
    expect(named.size).to be > 30
  end

  named.uniq.each do |file, names|
    it "names #{file} #{names.join(", ")} rightly" do
      path = find.call(file)
      expect(path).not_to be_nil
      expect(names.reject { |name| File.read(path).include?(name) }).to eq []
    end
  end

  it "names only rake tasks that exist" do
    tasks = Dir[File.join(root, "rakelib/*.rake")].map { |path| File.read(path) }.join
    named_tasks = text.scan(/`rake (\w+)/).flatten.uniq
    expect(named_tasks.reject { |task| tasks.match?(/task :?"?#{task}\b/) }).to eq []
  end
end
