# frozen_string_literal: true

# Owns that a mark is told to who listens. On the thread that marks. Must cost a look and no object when nobody does.
module Karafka
  module Processing
    # @api private
    module Mark
      EVENT = "offset.marked"

      class << self
        # @param source [Native::Batch] what the message came with
        # @param offset [Integer] user code is done up to and including it
        # @param group [Routing::ConsumerGroup]
        # @return [Boolean] is the partition ours?
        def set(source, offset, group)
          ours = source.mark(offset)
          monitor = Karafka.monitor
          return ours unless ours && monitor.listening?(EVENT)

          monitor.instrument(EVENT, group: group.name, topic: source.topic, partition: source.partition, offset: offset)
          ours
        end
      end
    end
  end
end
