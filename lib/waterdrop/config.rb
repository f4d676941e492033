# frozen_string_literal: true

# Owns the names, defaults and meanings of WaterDrop's settings. Written while the process boots. Rules are in
# contract.rb, the translation for librdkafka is in karafka/setup/librdkafka.rb. The comment of a setting is what
# docs/configuration.md says about it (`rake docs`); its first word is the unit, where there is one.
module WaterDrop
  # `config.kafka`: how messages are sent.
  class KafkaSettings < Karafka::Setup::ConnectionSettings
    # Bytes that may wait to be sent. A full queue makes the caller wait 10 seconds, then raises QueueFullError.
    setting :max_buffer_bytesize, 67_108_864
    # Messages that may wait to be sent.
    setting :max_buffer_size, 100_000
    # Messages that may wait to be sent, by another name: the larger of the two counts.
    setting :max_queue_size, 1_000
    # Seconds the brokers get to write a message down, for one try.
    setting :ack_timeout, 5
    # Seconds a message gets in all, retries included; then it has failed.
    setting :delivery_timeout, 60
    # Seconds an asynchronous message waits for others; nil and 0 send at once. (WaterDrop 1.0 waited 10 seconds.)
    setting :delivery_interval
    # Messages of one partition that leave together at most, if asynchronous; nil and 0 leave it to librdkafka (10,000).
    setting :delivery_threshold
    # Retries of one message; nil retries until `delivery_timeout`, 0 also turns idempotence off.
    setting :max_retries
    # Seconds until the next try.
    setting :retry_backoff, 0.1
    # How many replicas must have a message: -1 or :all, 1, 0. Less than all also turns idempotence off.
    setting :required_acks, -1
    # nil, :gzip, :snappy, :lz4 or :zstd.
    setting :compression_codec
    # Accepted and not used: librdkafka decides per batch.
    setting :compression_threshold, 1
  end

  # `config.producer`: a second place for compression, as in WaterDrop 1.0.
  class ProducerSettings < Karafka::Setup::Settings
    # Used when `kafka.compression_codec` is nil.
    setting :compression_codec
    # Accepted and not used.
    setting :compression_threshold, 1
  end

  # Root of the tree: `config`.
  class Config < Karafka::Setup::Settings
    # Name of this client for the brokers; Karafka gives its own.
    setting :client_id, "waterdrop"
    # Where log lines go; Karafka gives its own.
    setting :logger, -> { Karafka.logger }
    # false: messages are checked and not sent; for tests.
    setting :deliver, true
    group :kafka, KafkaSettings
    group :producer, ProducerSettings
  end
end
