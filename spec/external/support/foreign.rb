# frozen_string_literal: true

require "open3"
require_relative "../../support/waiting"

# Owns Kafka clients that are not ours: how each is found, fed and read. Every call is a process of its own that ends by
# itself. Must not be used to prove anything about the clients themselves.
module Foreign
  # A record as a foreign client gives or gets it. Bytes are binary Strings, headers a list of pairs, because names may
  # come more than once; the timestamp is milliseconds since 1970, nil for now.
  Record = Struct.new(:key, :value, :headers, :timestamp, :partition, :offset, # rubocop:disable Lint/StructNewOverride
                      keyword_init: true) do
    def initialize(headers: [], partition: 0, **fields)
      super
      %i[key value].each { |name| self[name] = self[name]&.b }
      self.headers = headers.map { |name, value| [name, value&.b] }
    end

    # @return [Array] what must be the same on both ends
    def content
      [key, value, headers]
    end
  end

  # Seconds for one call.
  PATIENCE = 60
  private_constant :PATIENCE

  # Runs a program to its end.
  # @return [String] what it printed, binary
  def self.run(*command, input: "")
    Open3.popen3(*command) do |stdin, stdout, stderr, process|
      texts = [stdout, stderr].map { |stream| Thread.new { stream.binmode.read } }
      stdin.binmode.write(input)
      stdin.close
      unless process.join(PATIENCE)
        Process.kill(:KILL, process.pid)
        raise "#{command.first(2).join(" ")} did not end within #{PATIENCE} s: #{texts.map(&:value).join}"
      end
      raise "#{command.first(2).join(" ")} failed: #{texts.map(&:value).join}" unless process.value.success?

      texts.first.value
    end
  end
end
