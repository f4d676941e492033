# frozen_string_literal: true

# Owns what is measured of a piece of work in this process: time, processor time, Ruby objects, memory at its highest.
# Starts when it is made.
class Meter
  def initialize
    @objects = GC.stat(:total_allocated_objects)
    @cpu = clock(Process::CLOCK_PROCESS_CPUTIME_ID)
    @time = clock(Process::CLOCK_MONOTONIC)
  end

  # @param records [Integer] how many the work was about
  # @return [Hash{Symbol => Numeric, nil}]
  def read(records)
    seconds = clock(Process::CLOCK_MONOTONIC) - @time
    cpu = clock(Process::CLOCK_PROCESS_CPUTIME_ID) - @cpu
    objects = GC.stat(:total_allocated_objects) - @objects
    { records: records, seconds: seconds, cpu_seconds: cpu, objects: objects, peak_rss_kb: peak }
  end

  private

  def clock(which)
    Process.clock_gettime(which)
  end

  # Only Linux tells.
  def peak
    File.read("/proc/self/status")[/^VmHWM:\s+(\d+)/, 1]&.to_i
  rescue SystemCallError
    nil
  end
end
