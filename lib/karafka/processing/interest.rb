# frozen_string_literal: true

# Owns telling the core which events that happen often anybody hears: of the others it makes nothing. Called by whoever
# changes the subscribers. Must not decide who hears.
module Karafka
  module Processing
    # @api private
    module Interest
      # In the order in which the core takes them.
      EVENTS = %w[partition.fetched offsets.committed statistics.emitted].freeze
      private_constant :EVENTS

      class << self
        # @param monitor [Instrumentation::Notifications] that of the process
        # @return [void]
        def changed(monitor)
          Native.hear(*EVENTS.map { |event| monitor.listening?(event) })
        end
      end
    end
  end
end
