# frozen_string_literal: true

# Owns the rules about how processes end: with a documented code, in time, and without a crash report. Pure.
module Faults
  class Exits
    # What Ruby and Rust print when they, and not the program, are at an end.
    CRASH = /\[BUG\]|panicked at|Segmentation|double free|corrupted|\bfatal\b|Assertion/i
    # Seconds from TERM to the end: shutdown_timeout, leaving the group, and some for a busy machine.
    TERM = 30

    # @param exits [Array<Hash>] name, pid, asked (KILL, TERM or nil), code, signal, took, stderr
    # @param consumers [Hash{String => Array<Event>}]
    def initialize(exits, consumers)
      @exits = exits
      @consumers = consumers
    end

    def violations
      @exits.flat_map { |one| [crash(one), wrong(one), late(one), loud(one)].compact }
    end

    private

    def crash(one)
      Violation.new("crash", "#{name(one)}: #{one[:stderr][0, 2_000]}") if one[:stderr].match?(CRASH)
    end

    def wrong(one)
      return if expected?(one)

      how = one[:signal] ? "signal #{one[:signal]}" : "exit #{one[:code].inspect}"
      Violation.new("wrong exit", "#{name(one)} ended with #{how}, asked by #{one[:asked].inspect}: " \
                                  "#{one[:stderr][0, 500]}")
    end

    def expected?(one)
      return one[:code] == 0 if one[:name] == "producer" && one[:asked].nil?

      case one[:asked]
      # Killed while it was starting or already ending: it may have been quicker.
      when "KILL" then one[:signal] == 9 || one[:code] == 0
      when "TERM" then one[:code] == 0 || (one[:code] == 2 && forced?(one))
      end
    end

    def forced?(one)
      @consumers.fetch("#{one[:name]}.#{one[:pid]}", []).any? { |event| event.kind == "forced" }
    end

    def late(one)
      return unless one[:asked] == "TERM" && one[:took] && one[:took] > TERM

      Violation.new("hung", "#{name(one)} took #{one[:took]} s to end after TERM, at most #{TERM} are allowed")
    end

    # Nothing of a history prints there on purpose.
    def loud(one)
      return if one[:stderr].empty? || one[:stderr].match?(CRASH)

      Violation.new("stderr", "#{name(one)}: #{one[:stderr][0, 500]}") if expected?(one)
    end

    def name(one)
      "#{one[:name]} (process #{one[:pid]})"
    end
  end
end
