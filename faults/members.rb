# frozen_string_literal: true

require "rbconfig"
require_relative "journal"

# Owns the processes of a history: starts them as users do, signals them, and knows how each ended. Called by the
# history's main thread; a thread for each process waits for its end. Must leave none behind.
module Faults
  # One process, from start to end.
  class Member
    ROOT = File.expand_path("..", __dir__)
    private_constant :ROOT
    # Signals after which a process is to end.
    ENDING = %i[KILL TERM INT QUIT].freeze

    attr_reader :name, :pid, :asked

    def self.consumer(name, folder, servers)
      new(name, folder, [File.join(ROOT, "exe", "karafka"), "server"],
          { "FOLDER" => folder, "MEMBER" => name, "BROKERS" => servers,
            "KARAFKA_BOOT_FILE" => File.join(__dir__, "consumer.rb") })
    end

    def self.producer(folder, servers)
      new("producer", folder, [File.join(__dir__, "producer.rb")], { "FOLDER" => folder, "BROKERS" => servers })
    end

    def initialize(name, folder, script, env)
      @name = name
      @folder = folder
      @stderr = File.join(folder, "#{name}.#{Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)}.err")
      # The embedded broker lives in this process: a child with its sockets would keep connections open that it closed.
      @pid = Process.spawn(env, RbConfig.ruby, "-I", File.join(ROOT, "lib"), *script,
                           in: File::NULL, out: File::NULL, err: @stderr, close_others: true)
      waiter = Process.detach(@pid)
      @end = Thread.new { [waiter.value, Journal.now] }
    end

    def alive?
      @end.alive?
    end

    # Consumes, or at least has said so: signals are handled from then on.
    def running?
      journal.any? { |_, kind| kind == "running" }
    end

    # Has partitions, or had some.
    def assigned?
      journal.any? { |_, kind| kind == "assigned" }
    end

    # @return [Boolean] was there anybody to hear it?
    def signal(name)
      return false unless alive?

      Process.kill(name, @pid)
      @asked = [name, Journal.now] if ENDING.include?(name) && @asked.nil?
      @continued = Journal.now if name == :CONT
      true
    rescue Errno::ESRCH
      false
    end

    # @return [Boolean] did it end in time?
    def join(seconds)
      !@end.join(seconds).nil?
    end

    def journal
      Journal.read(File.join(@folder, @name == "producer" ? "producer.log" : "#{@name}.#{@pid}.log"))
    end

    # @return [Hash] how it ended, as the checker wants to know it
    def exit
      status, at = alive? ? nil : @end.value
      asked, since = @asked
      {
        name: @name, pid: @pid, asked: asked&.to_s, code: status&.exitstatus, signal: status&.termsig,
        took: at && since && (at - [since, @continued || 0].max).round(2), ended: at,
        stderr: File.read(@stderr, encoding: "UTF-8").scrub
      }
    end
  end
end
