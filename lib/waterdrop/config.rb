# frozen_string_literal: true

# Owns the names and defaults of WaterDrop's settings. Written while the process boots. Rules are in contract.rb, the
# meaning for librdkafka is in karafka/setup/librdkafka.rb.
module WaterDrop
  # `config.kafka`: how messages are sent. Times are seconds, sizes are bytes.
  class KafkaSettings < Karafka::Setup::ConnectionSettings
    # Bounds of what waits to be sent. A full queue makes the caller wait, then raises QueueFullError.
    setting :max_buffer_bytesize, 67_108_864
    setting :max_buffer_size, 100_000
    setting :max_queue_size, 1_000
    # Time the brokers get to write a message down, for one try.
    setting :ack_timeout, 5
    # Time a message gets in all, retries included; then it has failed.
    setting :delivery_timeout, 60
    # Time an asynchronous message waits for others; nil and 0 send at once. (WaterDrop 1.0 waited 10 seconds.)
    setting :delivery_interval
    # Asynchronous messages of one partition that leave together at most; nil and 0 leave it to librdkafka (10,000).
    setting :delivery_threshold
    # nil retries until `delivery_timeout`; 0 also turns idempotence off.
    setting :max_retries
    setting :retry_backoff, 0.1
    # -1 or :all, 1, 0. Less than all also turns idempotence off.
    setting :required_acks, -1
    # nil, :gzip, :snappy, :lz4 or :zstd.
    setting :compression_codec
    # Accepted and not used: librdkafka decides per batch.
    setting :compression_threshold, 1
  end

  # `config.producer`: a second place for compression, as in WaterDrop 1.0.
  class ProducerSettings < Karafka::Setup::Settings
    setting :compression_codec
    setting :compression_threshold, 1
  end

  # Root of the tree: `config`.
  class Config < Karafka::Setup::Settings
    setting :client_id, "waterdrop"
    # Where messages that were not delivered are told; `Karafka::App.boot!` sets it to the application's.
    setting :logger, -> { Karafka.logger }
    # false: messages are checked and not sent; for tests.
    setting :deliver, true
    group :kafka, KafkaSettings
    group :producer, ProducerSettings
  end
end
