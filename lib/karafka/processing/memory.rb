# frozen_string_literal: true

# Owns the bound on native memory of batches that user code is done with. A batch whose messages user code kept must
# stay readable, and only the garbage collector knows which are kept; it sees a few small objects, not the megabytes
# behind them. So it is run, for young objects only, whenever enough has gathered. Called by workers between batches.
module Karafka
  module Processing
    class Memory
      # Bytes of batches, read or not, that may gather between two collections.
      STEP = 32 * 1024 * 1024

      def initialize
        @next = STEP
      end

      # @return [void]
      def bound
        return if Native::Batch.retained_bytes < @next

        GC.start(full_mark: false, immediate_sweep: true)
        # What is left is in use or kept by user code: collecting again before more has come would find nothing.
        @next = Native::Batch.retained_bytes + STEP
      end
    end
  end
end
