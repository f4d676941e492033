# frozen_string_literal: true

# Owns what a controller can ask of its partition: a rest, another position, whether it is still ours. The core does it;
# here only arguments are checked. Any thread. Must not know what a job is.
module Karafka
  module Controllers
    # Part of every controller.
    module Partition
      # Rests the partition, beginning after this batch (after this message when `batch_consuming` is false): it stays
      # ours and nothing of it is consumed until the time is over, or {#resume}. What is consumed counts as done as
      # always; to have it again, {#seek} back to it. Any thread may call it.
      # @param seconds [Numeric, nil] nil: until {#resume}
      # @return [Boolean] false when the partition is no longer ours
      # @raise [ArgumentError] for a negative number
      def pause(seconds = nil)
        unless seconds.nil? || (seconds.is_a?(Numeric) && seconds >= 0)
          raise ArgumentError, "pause for #{seconds.inspect} cannot be; give seconds from 0 up, or nil"
        end

        lease.pause(seconds&.to_f)
      end

      # Ends a {#pause}. A rest after an error goes on. Any thread may call it.
      # @return [Boolean] false when the partition is no longer ours
      def resume
        lease.resume
      end

      # Goes on elsewhere, beginning after this batch (after this message when `batch_consuming` is false). That
      # position is what Kafka is told from then on, even when it lies behind what was committed; nothing of this
      # batch can be marked after the call. When `consume` raises after it, the call is forgotten. In the last job
      # before the partition goes away, or the process stops, an offset or a message is where the next owner begins; a
      # time or an end is not looked up any more, and the batch comes again. Any thread may call it.
      # @param target [Integer, Params::Params, Time, Symbol] an offset, a message, the first message of that time or
      #   later, `:earliest`, `:latest`
      # @return [Boolean] false when the partition is no longer ours
      # @raise [ArgumentError] for anything else
      def seek(target)
        lease.seek(seek_target(target))
      end

      # @return [Integer] number of the partition this instance consumes
      def partition
        lease.partition
      end

      # @return [Boolean] was the partition taken away while this batch is being consumed? Long work should stop then
      def revoked?
        lease.revoked?
      end

      private

      # Outside of a job there is no batch; a spec has only a batch.
      def lease
        @karafka_lease || current_batch.source.lease
      end

      def seek_target(target)
        case target
        when :earliest, :latest then target.to_s
        when Params::Params then { "offset" => target.offset }
        when Integer then target.negative? ? unknown_target(target) : { "offset" => target }
        when Time then { "time" => (target.to_r * 1000).floor.clamp(0..) }
        else unknown_target(target)
        end
      end

      def unknown_target(target)
        raise ArgumentError, "seek to #{target.inspect} cannot be; " \
                             "give an offset, a message, a Time, :earliest or :latest"
      end
    end
  end
end
