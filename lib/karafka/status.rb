# frozen_string_literal: true

# Owns the state of this process: initializing, running, quiet, stopping, stopped. Read from every thread and changed
# from signal traps too: no lock, no logging, no events here. Wishes are flags of their own, so that a change that was
# interrupted by one cannot overwrite it.
module Karafka
  # @example
  #   Karafka::App.stop! if Karafka::App.running?
  class Status
    # In the order they are reached.
    STATES = %i[initializing running quiet stopping stopped].freeze

    # @return [Symbol, nil] one of {STATES}; nil before `setup`
    def state
      reached = @reached
      return reached if reached == :stopped
      return :stopping if @stop

      @quiet && reached == :running ? :quiet : reached
    end

    (STATES - %i[stopped]).each { |name| define_method(:"#{name}?") { state == name } }

    # From the moment a stop is asked for, as in Karafka 1.1: long work that looks at it ends in time. Whether all work
    # has ended is told by {state}, and by the event "app.stopped".
    # @return [Boolean]
    def stopped?
      @stop || @reached == :stopped
    end

    # Settings are being made.
    # @return [void]
    def initialize!
      @reached = :initializing
    end

    # The server starts. A stop that was asked for before the start is kept.
    # @return [Boolean] false when a stop was asked for
    def run!
      return false if stopping?

      @quiet = false
      @reached = :running
      true
    end

    # Asks for nothing more to be consumed, until a stop; safe to call twice and from a signal trap.
    # @return [void]
    def quiet!
      @quiet = true if running?
    end

    # Asks for a graceful stop; safe to call twice and from a signal trap.
    # @return [void]
    def stop!
      @stop = true unless @reached == :stopped
    end

    # Forgets that a stop was asked for while nothing ran; for specs.
    # @return [void]
    # @api private
    def forget_stop!
      @stop = false unless @reached == :running
    end

    # All work has ended.
    # @return [void]
    def stopped!
      @reached = :stopped
      @stop = false
    end

    # Back to the state before `setup`.
    # @api private
    def reset!
      @reached = nil
      @stop = @quiet = false
    end
  end
end
