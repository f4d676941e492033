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
        # Given its messages by hand, as in Karafka 1.1.
        return super if params_batch

        feed.consume
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
    end
  end
end
