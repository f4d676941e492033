# frozen_string_literal: true

# Owns the truth of documents that name tests: each file and each name is there. Reads files only.
module NamedTests
  ROOT = File.expand_path("../..", __dir__)

  class << self
    # @param text [String] rows of tables whose last cell names tests: `file` "name", "name"; `file`
    # @return [Hash{String => Array<String>}] names by file
    def in(text)
      cells = text.lines.grep(/\A\| /).map { |line| line.split(" | ").last }
      cells.flat_map { |cell| cell.scan(/`([^`]+\.(?:rb|rs))`((?:,? "[^"]+")*)/) }
        .group_by(&:first).transform_values { |found| found.flat_map { |_, names| names.scan(/"([^"]+)"/) }.flatten }
    end

    # @return [String, nil] the path of a file that may be named without its folder
    def find(file)
      [File.join(ROOT, file), *Dir[File.join(ROOT, "{spec,tests,src}/**", File.basename(file))]].find { |path|
        File.file?(path)
      }
    end
  end
end
