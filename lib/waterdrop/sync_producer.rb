# frozen_string_literal: true

# Owns sending and waiting, the 1.0 way. Safe to call from any thread.
module WaterDrop
  # @example
  #   WaterDrop::SyncProducer.call("message", topic: "events", key: "user-1")
  module SyncProducer
    # @param message [#to_s, nil] nil is a tombstone
    # @param options [Hash] topic (String, required), key, partition, partition_key, headers, create_time
    # @return [nil] also when `deliver` is false: the options are checked and nothing is sent
    # @raise [Errors::InvalidMessageOptions]
    # @raise [Karafka::Errors::DeliveryFailed, Karafka::Errors::QueueFullError]
    def self.call(message, options)
      fields = MessageOptions.normalize(message, options)
      Producers.sync.produce_sync(**fields) if Producers.deliver?
      nil
    end
  end
end
