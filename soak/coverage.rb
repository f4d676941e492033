# frozen_string_literal: true

# Owns what was consumed, in little memory: for each assignment of a partition the offset it began at and the next one.
# Written by workers, each its own runs; read by the sampling thread and at the end.
module Coverage
  # Offsets `from` to before `to` of one partition, consumed in order. `breaks` counts batches out of order.
  class Run
    attr_reader :group, :number, :from, :to, :breaks

    def initialize(group, number, from)
      @group = group
      @number = number
      @from = @to = from
      @breaks = 0
    end

    # @return [void]
    def add(first, last, count)
      @breaks += 1 unless first == @to && last - first + 1 == count
      @to = last + 1
    end

    def size
      @to - @from
    end
  end

  @runs = []
  @lock = Mutex.new

  class << self
    # @return [Run] that the next records of the assignment are added to
    def start(group, number, from)
      Run.new(group, number, from).tap { |run| @lock.synchronize { @runs << run } }
    end

    # @return [Array<Run>]
    def runs
      @lock.synchronize { @runs.dup }
    end

    # @return [Integer] records consumed by this process, in all groups
    def consumed
      runs.sum(&:size)
    end

    # @param runs [Array<Array(Integer, Integer)>] first and next offsets of one partition of one group
    # @param wanted [Integer] how many records the partition has
    # @return [Integer] offsets that are in no run
    def missing(runs, wanted)
      reached = gaps = 0
      runs.sort.each do |first, following|
        gaps += [first - reached, 0].max
        reached = [reached, following].max
      end
      gaps + (wanted - reached)
    end
  end
end
