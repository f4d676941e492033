# frozen_string_literal: true

# Owns telling the core which events that happen often anybody hears: of the others it makes nothing. Called by whoever
# changes the subscribers. Must not decide who hears.
module Karafka
  module Processing
    # @api private
    module Interest
      class << self
        # @param monitor [Instrumentation::Notifications] that of the process
        # @return [void]
        def changed(monitor)
          Native.hear(monitor.listening?("partition.fetched"), monitor.listening?("statistics.emitted"))
        end
      end
    end
  end
end
