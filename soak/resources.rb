# frozen_string_literal: true

require_relative "malloc"

# Owns looking at what this process holds (Linux only), and a thread that does so twice a second. Keeps numbers only, so
# that the watching does not grow what is watched.
class Resources
  PAGE_KB = 4
  INTERVAL = 0.5

  class << self
    # @return [Float] resident memory
    def megabytes
      Integer(File.read("/proc/self/statm").split[1]) * PAGE_KB / 1024.0
    end

    # @return [Integer]
    def threads
      Dir.children("/proc/self/task").size
    end

    # @return [Integer]
    def descriptors
      Dir.children("/proc/self/fd").size
    end
  end

  # @return [Array<Array>] records consumed, megabytes, live objects, bytes behind batches, threads, descriptors,
  #   megabytes that malloc gave out and that it keeps free
  attr_reader :samples

  # @yieldreturn [Integer] records consumed
  def initialize(&consumed)
    @samples = []
    @thread = Thread.new do
      loop do
        @samples << [
          consumed.call, self.class.megabytes, GC.stat(:heap_live_slots), Karafka::Native::Batch.retained_bytes,
          self.class.threads, self.class.descriptors, *Malloc.megabytes
        ]
        sleep INTERVAL
      end
    end
  end

  # @return [void]
  def stop
    @thread.kill.join
  end
end
