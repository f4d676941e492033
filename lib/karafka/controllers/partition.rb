# frozen_string_literal: true

# Owns what a controller can ask of its partition: a rest, another position, whether it is still ours. The core does it;
# here only arguments are checked. Any thread. Must not know what a job is.
module Karafka
  module Controllers
    # Part of every controller.
    module Partition
      # What Kafka counts offsets and milliseconds in.
      OFFSETS = (0..((2**63) - 1))

      # Rests the partition, beginning after this batch (after this message when `batch_consuming` is false): it stays
      # ours and nothing of it is consumed until the time is over, or {#resume}. What is consumed counts as done as
      # always; to have it again, {#seek} back to it. Any thread may call it.
      # @param seconds [Numeric, nil] nil: until {#resume}
      # @return [Boolean] false when the partition is no longer ours
      # @raise [ArgumentError] for a negative number
      def pause(seconds = nil)
        return karafka_lease.pause(nil) if nil == seconds
        return karafka_lease.pause(seconds.to_f) if Setup::Rules.seconds?(seconds)

        raise ArgumentError, "pause for #{Setup::Problems.show(:seconds, seconds)} cannot be; " \
                             "give seconds from 0 up, or nil"
      end

      # Ends a {#pause}. A rest after an error goes on. Any thread may call it.
      # @return [Boolean] false when the partition is no longer ours
      def resume
        karafka_lease.resume
      end

      # Goes on elsewhere, beginning after this batch (after this message when `batch_consuming` is false). That
      # position is what Kafka is told from then on, even when it lies behind what was committed; nothing of this
      # batch can be marked after the call. When `consume` raises after it, the call is forgotten. In the last job
      # before the partition goes away, or the process stops, an offset or a message is where the next owner begins; a
      # time or an end is not looked up any more, and the batch comes again. Any thread may call it.
      # @param target [Integer, Params::Params, Time, Symbol] an offset, a message, the first message of that time or
      #   later, `:earliest`, `:latest`
      # @return [Boolean] false when the partition is no longer ours
      # @raise [ArgumentError] for anything else, a message of another partition too
      def seek(target)
        karafka_lease.seek(karafka_target(target))
      end

      # @return [Integer] number of the partition this instance consumes
      def partition
        karafka_lease.partition
      end

      # @return [Boolean] was the partition taken away while this batch is being consumed? Long work should stop then
      def revoked?
        karafka_lease.revoked?
      end

      private

      # Outside of a job there is no batch; a spec has only a batch.
      def karafka_lease
        @karafka_lease || karafka_batch.source.lease
      end

      def karafka_target(target)
        case target
        when :earliest, :latest then target.to_s
        when Params::Params then { "offset" => karafka_own(target).offset }
        when OFFSETS then { "offset" => Integer === target ? target : karafka_unknown_target(target) }
        when Time then { "time" => (target.to_r * 1000).floor.clamp(OFFSETS) }
        else karafka_unknown_target(target)
        end
      end

      # Messages made by hand, in specs, need not say where they are from.
      def karafka_own(params)
        mine = params.partition == partition && params.topic == topic.name
        return params if mine || params.batch.source.is_a?(Karafka::Params::HashRecords)

        raise ArgumentError, "seek to a message of #{params.topic}/#{params.partition} cannot be; " \
                             "give one of #{topic.name}/#{partition}"
      end

      def karafka_unknown_target(target)
        raise ArgumentError, "seek to #{Setup::Problems.show(:target, target)} cannot be; " \
                             "give an offset, a message, a Time, :earliest or :latest"
      end
    end
  end
end
