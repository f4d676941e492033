# frozen_string_literal: true

# Owns what a controller can do in addition while a spec feeds it. Extends that one instance. Belongs to the thread of
# the spec. Must leave everything else of the controller as it is.
module Karafka
  module Testing
    # What {Session#controller_for} gives its controllers.
    module Fed
      # @api private
      attr_writer :karafka_feed

      # Consumes what was fed, as the server would: hooks, callbacks, marks, message by message where the route says so.
      # What `consume` raises is raised here; what is not marked comes again with the next call, with `attempt` counted
      # up. After a pause or a seek it ends, and the next call goes on as if the time had passed.
      # @return [Object] what `consume` returned
      # @raise [Error] there is nothing to consume
      def consume
        feed = @karafka_feed
        return feed.result = super if feed.running?
        return super if karafka_given?

        feed.consume
      end

      # @return [Integer] 1 on first delivery, one more with each retry of the same messages; afterwards, that of the
      #   last ones
      def attempt
        @karafka_feed.running? || karafka_given? ? super : @karafka_feed.last_attempt
      end

      # @return [Integer, nil] offset of the last message that was marked as consumed, by the framework or by hand
      def marked_offset
        @karafka_feed.marked_offset
      end

      # @return [Integer, nil] offset of the last message that `mark_as_consumed!` has told Kafka of
      def committed_offset
        @karafka_feed.committed_offset
      end

      # @return [Numeric, Symbol, nil] for how many seconds it has paused its partition; :until_resume without an end
      def paused_for
        @karafka_feed.paused
      end

      # @return [Boolean] has it paused its partition?
      def paused?
        !paused_for.nil?
      end

      # @return [Integer, Symbol, nil] where it wants to go on: an offset, :earliest, :latest, or milliseconds of a time
      def sought
        @karafka_feed.sought
      end

      private

      # Were its messages given by hand, as in Karafka 1.1?
      def karafka_given?
        params_batch&.source.is_a?(Params::HashRecords)
      end
    end
  end
end
