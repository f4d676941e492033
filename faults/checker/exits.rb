# frozen_string_literal: true

# Owns the rules about how processes end: with a documented code, in time, and without a crash report. Pure.
module Faults
  class Exits
    # What Ruby and Rust print when they, and not the program, are at an end.
    CRASH = /\[BUG\]|panicked at|Segmentation|double free|corrupted|\(fatal\)|Assertion/i
    # Seconds from TERM, INT or QUIT to the end: shutdown_timeout, leaving the group, and some for a busy machine.
    TERM = 30

    # @param exits [Array<Hash>] name, pid, asked (KILL, TERM, INT, QUIT or nil), code, signal, took, stderr
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

      case one[:code]
      when 0 then !one[:asked].nil? || told?(one) { |event| event.kind == "leave" && event.details[2] == "SystemExit" }
      when 1 then fatal?(one)
      when 2 then told?(one) { |event| event.kind == "forced" }
      else one[:asked] == "KILL" && one[:signal] == 9
      end
    end

    # A group that can never consume again ends its process.
    def fatal?(one)
      told?(one) { |event| event.kind == "error" && event.details[2] }
    end

    def told?(one, &)
      @consumers.fetch("#{one[:name]}.#{one[:pid]}", []).any?(&)
    end

    def late(one)
      return unless one[:asked] && one[:took] && one[:took] > TERM

      Violation.new("hung", "#{name(one)} took #{one[:took]} s to end after #{one[:asked]}, " \
                            "at most #{TERM} are allowed")
    end

    # One line says why a process cannot go on; nothing else of a history prints there on purpose.
    def loud(one)
      return if one[:stderr].empty? || one[:stderr].match?(CRASH) || !expected?(one)

      # It may be killed between that line and its exit.
      reason = fatal?(one) && one[:stderr].lines.one?
      Violation.new("stderr", "#{name(one)}: #{one[:stderr][0, 500]}") unless reason
    end

    def name(one)
      "#{one[:name]} (process #{one[:pid]})"
    end
  end
end
