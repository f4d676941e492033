# frozen_string_literal: true

# Owns the batch of a controller that consumes message by message: its one message. Belongs to the thread that consumes
# it. Made when it is asked for.
module Karafka
  module Params
    # @api private
    class Single < ParamsBatch
      # @param params [Params]
      def initialize(params)
        batch = params.batch
        super(batch.source, batch.route, params.index, params.index + 1, batch.received_at)
        @messages = [params]
      end

      # @return [Integer] 1 on first delivery of this message
      def attempt
        @messages.first.attempt
      end
    end
  end
end
