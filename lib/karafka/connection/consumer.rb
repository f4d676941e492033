# frozen_string_literal: true

# Owns what `consumer` is inside a controller: the 1.1 spelling of marking. Belongs to the controller's thread.
module Karafka
  # What 1.1 called the connection of a controller.
  module Connection
    # @example
    #   consumer.mark_as_consumed(params)
    class Consumer
      # @param controller [BaseController]
      # @api private
      def initialize(controller)
        @controller = controller
      end

      # Marks everything up to this message as done and tells Kafka now.
      # @param params [Params::Params]
      # @return [Boolean] false when the partition is no longer ours
      def mark_as_consumed(params)
        @controller.mark_as_consumed!(params)
      end
    end
  end
end
