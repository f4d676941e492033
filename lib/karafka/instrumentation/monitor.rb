# frozen_string_literal: true

require "singleton"

# Owns the process' one place where things that happened are told. Called from every thread. Must not log by itself,
# LogListener does.
module Karafka
  # Two ways to listen: subscribe to events, or, as in Karafka 1.1, inherit and override {#notice} and {#notice_error}.
  # @example
  #   Karafka.monitor.subscribe("worker.failed") { |event| Honeybadger.notify(event[:error]) }
  # @example without log lines
  #   Karafka.monitor.unsubscribe(Karafka::Instrumentation::LogListener)
  # @example as in 1.1
  #   class AppMonitor < Karafka::Monitor
  #     def notice_error(caller_class, exception)
  #       Honeybadger.notify(exception)
  #       super
  #     end
  #   end
  #   config.monitor = AppMonitor.instance
  class Monitor
    include Singleton
    include Instrumentation::Notifications

    # Something happened. Called only when overridden, with the arguments of 1.1; they may hold the data of messages.
    # @param caller_class [Class]
    # @param options [Hash, Params::ParamsBatch]
    # @return [void]
    def notice(caller_class, options = {}); end

    # Something raised. Errors of consuming come from {Connection::Consumer}, as they did in 1.1; they have an event of
    # their own.
    # @param caller_class [Class]
    # @param exception [Exception]
    # @return [void]
    def notice_error(caller_class, exception)
      return if caller_class == Connection::Consumer

      instrument("error.occurred", caller: caller_class, error: exception)
    end

    private

    # 1.1's helper for labels: the method that something is told of, `process` or `respond_with` for example.
    def caller_label
      place = caller_locations(2).find { |location| !location.path.start_with?(__dir__) }
      place&.label.to_s.sub(/\A(block|rescue|ensure).* in /, "")
    end
  end
end
