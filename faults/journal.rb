# frozen_string_literal: true

require "json"

# Owns the diary of one process of a history: a file of lines, each a JSON array of the monotonic time, the kind of
# event and its details. Written by any thread of its process, one write call for each line, so that neither threads nor
# a kill can tear one; read by the history when it is over. Must not buffer: what happened before a kill is on file.
module Faults
  class Journal
    # @return [Float] the clock that all processes of a machine share
    def self.now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # @return [Array<Array>] events in the order they happened; none when the process never wrote
    def self.read(path)
      File.exist?(path) ? File.foreach(path).map { |line| JSON.parse(line) } : []
    end

    # @param path [String]
    def initialize(path)
      @file = File.open(path, File::WRONLY | File::APPEND | File::CREAT)
    end

    # @return [void]
    def write(kind, *details)
      @file.syswrite("#{JSON.generate([Journal.now, kind, *details])}\n")
    end
  end
end
