# frozen_string_literal: true

require "karafka_rs"

# Owns producing the records of the soak, no further ahead of what every group has committed than the broker keeps.
# Record n of a partition says so, so that offset and content can be compared. Runs on the thread that calls.
class Feed
  # The embedded broker forgets what is older than 5 MB: some 45,000 records of this size. What is committed last may be
  # read again after a rebalance, so it must still be there.
  WINDOW = 25_000
  CHUNK = 1_000
  # Seconds for one request.
  REQUEST_TIMEOUT = 10.0

  # The slowest group of one partition was overtaken: the soak itself is wrong, not what it watches.
  class Overtaken < StandardError; end

  def initialize(brokers, topic, groups, partitions, total)
    @brokers = brokers
    @topic = topic
    @groups = groups
    @partitions = partitions
    @share = total / partitions
    @next = Array.new(partitions, 0)
    @producer = producer
  end

  # Produces all records and waits until all groups have committed them.
  # @yieldparam committed [Integer] records, by the slowest group of each partition
  # @return [void]
  def run
    loop do
      slowest = committed
      return if slowest.sum == @share * @partitions

      yield slowest.sum

      # Nothing to send: committed is asked for again, which takes a round trip for each partition.
      slowest.each_with_index { |offset, partition| send_chunks(partition, [offset + WINDOW, @share].min) }
    end
  end

  # @return [void]
  def close
    @producer.close
  end

  private

  def producer
    WaterDrop.setup { |config| config.kafka.seed_brokers = @brokers }
    Karafka.monitor.subscribe("producer.delivery_failed") { |event| abort "soak: #{event.payload}" }
    # Requests of many records, like those of a busy producer.
    Karafka::Producer.new(Karafka::Setup::Librdkafka.producer(WaterDrop.config, linger: 0.02, threshold: CHUNK))
  end

  # Whole chunks, or what is left.
  def send_chunks(partition, limit)
    limit -= limit % CHUNK unless limit == @share
    while @next[partition] < limit
      payload = record(@next[partition])
      @producer.produce_async(topic: @topic, payload: payload, partition: partition, handle: false)
      @next[partition] += 1
    end
  end

  # Some 100 bytes of JSON.
  def record(number)
    %({"n":#{number},"user":"user-#{number % 5_000}","action":"view","amount":#{number % 900}.25,"note":"#{"x" * 25}"})
  end

  def committed
    partitions = Array.new(@partitions) { |number| [@topic, number] }
    all = @groups.map do |group|
      properties = { "bootstrap.servers" => @brokers, "group.id" => group }
      Karafka::Native.positions(properties, partitions, REQUEST_TIMEOUT).map do |position|
        next_offset = position[:committed] || 0
        if next_offset < position[:low]
          raise Overtaken, "#{group} is at #{next_offset} of partition #{position[:partition]}, and the broker keeps " \
                           "records from #{position[:low]}; lower WINDOW"
        end
        next_offset
      end
    end
    all.transpose.map(&:min)
  end
end
