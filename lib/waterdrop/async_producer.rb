# frozen_string_literal: true

# Owns sending without waiting, the 1.0 way. Safe to call from any thread.
module WaterDrop
  # @example
  #   WaterDrop::AsyncProducer.call("message", topic: "events")
  module AsyncProducer
    # A message that Kafka does not take is told to the monitor as "producer.delivery_failed".
    # @param message [#to_s, nil] nil is a tombstone
    # @param options [Hash] topic (String, required), key, partition, partition_key, headers, create_time
    # @return [nil] also when `deliver` is false: the options are checked and nothing is sent
    # @raise [Errors::InvalidMessageOptions]
    # @raise [Karafka::Errors::QueueFullError] the queue stayed full; the message was not taken
    def self.call(message, options)
      fields = MessageOptions.normalize(message, options)
      Producers.async.produce_async(handle: false, **fields) if Producers.deliver?
      nil
    end
  end
end
