# frozen_string_literal: true

# Owns the objects that the whole process shares: logger, monitor, producer. Each is made on first use and kept.
module Karafka
  class << self
    # @return [Logger] the configured logger, kept after first use
    def logger
      @logger ||= App.config.logger
    end

    # @return [Monitor] the configured monitor, kept after first use; the log listener is subscribed to it
    def monitor
      @monitor || begin
        monitor = App.config.monitor
        # 1.1 asked only for `notice` and `notice_error`.
        monitor.extend(Instrumentation::Notifications) unless monitor.respond_to?(:instrument)
        monitor.subscribe(Instrumentation::LogListener)
        Processing::Interest.changed(monitor)
        @monitor = monitor
      end
    end

    # @return [Boolean] is it the one that the process has taken up?
    # @api private
    def monitor?(monitor)
      @monitor.equal?(monitor)
    end

    # @return [Producer] the process' producer, made from the settings on first use and again in a forked child
    def producer
      WaterDrop::Producers.sync
    end

    # @param producer [#produce_sync] another producer, for example one that records messages in specs
    def producer=(producer)
      WaterDrop::Producers.sync = producer
    end

    # Forgets logger and monitor, so that changed settings are read again.
    # @api private
    def reset_shared!
      @logger = @monitor = nil
    end
  end
end
