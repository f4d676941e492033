# frozen_string_literal: true

require "digest"
require "fileutils"
require "json"

# Owns the file of verdicts, one line of JSON for each history that ran, with a fingerprint of the code that ran. Used
# by the runner's main thread and its waiting threads, under the runner's lock.
module Faults
  class Results
    ROOT = File.expand_path("..", __dir__)
    # What a verdict depends on.
    CODE = %w[lib src ext faults].freeze
    private_constant :ROOT

    def initialize(path)
      @path = path
      FileUtils.mkdir_p(File.dirname(path))
    end

    # @param kinds [Array<String>] brokers that could be drawn: another choice makes other histories of the same seeds
    # @return [Hash{Integer => Hash}] verdicts of histories that passed with this code
    def passed(kinds)
      return {} unless File.exist?(@path)

      lines = File.foreach(@path).map { |line| JSON.parse(line, symbolize_names: true) }
      lines = lines.select { |line| line[:code] == code && line[:kinds] == kinds && line[:violations].empty? }
      lines.to_h { |line| [line[:seed], line] }
    end

    def add(verdict, kinds)
      File.open(@path, "a") { |file| file.puts(JSON.generate(verdict.merge(code: code, kinds: kinds))) }
    end

    private

    # Of the content, not of a commit: changes that are not committed yet count too.
    def code
      @code ||= begin
        files = Dir.chdir(ROOT) { Dir["{#{CODE.join(",")}}/**/*.{rb,rs,so,toml}"].sort }
        Digest::SHA256.hexdigest(files.map { |file| Digest::SHA256.file(File.join(ROOT, file)).hexdigest }.join)
      end
    end
  end
end
