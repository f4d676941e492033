# frozen_string_literal: true

# Owns the bound on native memory of batches that user code is done with. A batch whose messages user code kept must
# stay readable, and only the garbage collector knows which are kept; it sees a few small objects, not the megabytes
# behind them. So it is run whenever enough has gathered: for young objects as a rule, for all when those that have
# become old hold much. Called by workers between batches.
module Karafka
  # What happens between the core and user code.
  # @api private
  module Processing
    class Memory
      # Bytes of batches, read or not, that may gather between two collections.
      STEP = 32 * 1024 * 1024

      # Bytes that young collections may leave behind before a full one looks at them.
      LEFT = 4 * STEP

      def initialize
        @next = STEP
        @kept = 0
      end

      # @return [void]
      def bound
        # Collections that Ruby ran by itself count too.
        @next = [@next, retained + STEP].min
        return if retained < @next

        GC.start(full_mark: false, immediate_sweep: true)
        collect_all if retained > [2 * @kept, LEFT].max
        # What is left is in use or kept by user code: collecting again before more has come would find nothing.
        @next = retained + STEP
      end

      private

      # What survives this is really kept; only when that has doubled is it worth another look.
      def collect_all
        GC.start
        @kept = retained
      end

      def retained
        Native::Batch.retained_bytes
      end
    end
  end
end
