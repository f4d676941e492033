# frozen_string_literal: true

# Owns that Rails' error reporter (Rails 7 and later) hears of errors that end no job: those of poll callbacks. All
# others leave a job through the executor, which reports them. On the thread that had the error.
module Karafka
  module Rails
    # A subscriber of the monitor.
    # @api private
    module ErrorReports
      class << self
        # @param event [Instrumentation::Event]
        # @return [void]
        def on_worker_turn_failed(event)
          context = event.payload.slice(:group, :topic, :partition)
          ::Rails.error.report(event[:error], handled: false, context: context)
        end
      end
    end
  end
end
