# frozen_string_literal: true

# Owns the state of this process: initializing, running, quiet, stopping, stopped. Read from every thread and changed
# from signal traps too, so it is one assignment each: no lock, no logging, no events here.
module Karafka
  # @example
  #   Karafka::App.stop! if Karafka::App.running?
  class Status
    STATES = %i[initializing running quiet stopping stopped].freeze

    # @return [Symbol, nil] one of {STATES}; nil before `setup`
    attr_reader :state

    STATES.each { |name| define_method(:"#{name}?") { @state == name } }

    # Settings are being made.
    # @return [void]
    def initialize!
      @state = :initializing
    end

    # The server starts. A stop that was asked for before the start is kept.
    # @return [Boolean] false when a stop was asked for
    def run!
      return false if stopping?

      @state = :running
      true
    end

    # Asks for nothing more to be consumed, until a stop; safe to call twice and from a signal trap.
    # @return [void]
    def quiet!
      @state = :quiet if running?
    end

    # Asks for a graceful stop; safe to call twice and from a signal trap.
    # @return [void]
    def stop!
      @state = :stopping unless stopped?
    end

    # All work has ended.
    # @return [void]
    def stopped!
      @state = :stopped
    end

    # Back to the state before `setup`.
    # @api private
    def reset!
      @state = nil
    end
  end
end
