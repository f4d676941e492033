# frozen_string_literal: true

require_relative "records"

# Owns what a topic of the benchmark holds: the kind of its records, how many, on how many partitions. Pure.
class Topic
  # The embedded broker forgets what is beyond 5 MB of a partition.
  ROOM = 4_500_000
  # What a record takes beside its payload, at most.
  FRAME = 20

  attr_reader :kind, :partitions, :records, :broker

  # An empty one.
  # @param name [String, nil] that all runs share; without, each run gets its own
  # @param broker [String, nil] the only program that it may be on: see {Brokers}
  # @return [Topic]
  def self.empty(partitions, name = nil, broker: nil)
    new(nil, partitions, 0, name: name, broker: broker)
  end

  # @param kind [String, nil] see {Records}; nil is for whoever brings records along
  # @param wanted [Integer] records; fewer when the broker would not keep them, as many on each partition
  # @param bounded [Boolean] does it have to fit into the embedded broker?
  def initialize(kind, partitions, wanted, bounded: true, name: nil, broker: nil)
    @name = name
    @broker = broker
    @kind = kind
    @partitions = partitions
    @bounded = bounded
    share = kind ? [wanted / partitions, 1].max : 0
    share = [share, ROOM / (bytes + FRAME)].min if kind && bounded
    @records = share * partitions
  end

  # @return [Boolean] does it fit into the embedded broker?
  def bounded?
    @bounded
  end

  # @return [Boolean]
  def empty?
    kind.nil?
  end

  # @param run [String] what tells it from others
  # @return [String] its name in the cluster
  def name(run = "")
    return "#{kind}-#{partitions}-#{records}" unless empty?

    @name || "empty-#{run}"
  end

  # @return [Integer] bytes of a payload, as a rule
  def bytes
    @bytes ||= Records.json(123_456, kind).bytesize
  end

  # @return [String]
  def to_s
    return "empty, #{partitions} partitions#{", on #{broker}" if broker}" if empty?

    "#{kind}: #{records} records of #{bytes} bytes on #{partitions} partition#{"s" if partitions > 1}"
  end
end
