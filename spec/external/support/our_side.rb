# frozen_string_literal: true

require_relative "foreign"

# Owns our half of an exchange with foreign clients: WaterDrop as users call it, and a server in this process.
# `servers`, `topic` and `group` are the example's.
module OurSide
  # Sends as users do.
  def send_ours(records, codec)
    WaterDrop::Producers.close(5)
    WaterDrop.setup do |config|
      config.kafka.seed_brokers = servers
      config.kafka.compression_codec = codec
    end
    records.each do |record|
      WaterDrop::SyncProducer.call(record.value, topic: topic, key: record.key, partition: record.partition,
                                                 headers: record.headers.to_h, create_time: record.timestamp)
    end
  end

  # The block, if any, runs while the server still does.
  # @return [Array<Foreign::Record>] what our server consumes until there are so many, by partition, then offset
  def consume_ours(count)
    seen = Queue.new
    reader = controller(seen) do
      params_batch.each do |params|
        log << Foreign::Record.new(
          key: params.key, value: params.raw_payload, headers: params.headers, partition: params.partition,
          offset: params.offset, timestamp: (params.create_time.to_r * 1000).to_i
        )
      end
    end
    serve(reader) do
      wait_until("#{count} records (#{seen.size})") { seen.size >= count }
      yield if block_given?
    end
    Array.new(seen.size) { seen.pop }.sort_by { |it| [it.partition, it.offset] }
  end

  def serve(reader, &block)
    name = topic
    setup_application do |config|
      config.client_id = group
      config.kafka.seed_brokers = servers
      config.http.bind = "127.0.0.1:0"
    end
    draw do
      topic(name) do
        controller reader
        batch_consuming true
      end
    end
    serving(&block)
  end
end
