# frozen_string_literal: true

# What is consumed, and by whom. Rails loads it in every process.
class KarafkaApp < Karafka::App
  setup do |config|
    config.client_id = "rails_shop"
    config.kafka.seed_brokers = ENV.fetch("KAFKA_BROKERS", "127.0.0.1:9092")
    # A consumer that died is noticed after this many seconds. The in-memory broker of bin/dev also waits for it
    # whenever a consumer starts.
    config.kafka.session_timeout = Float(ENV.fetch("KAFKA_SESSION_TIMEOUT", "30"))
    config.kafka.heartbeat_interval = config.kafka.session_timeout / 5
    # Seconds until what failed is tried again.
    config.kafka.pause_timeout = 1
  end

  consumer_groups.draw do
    consumer_group :sales do
      topic :orders do
        consumer "SalesConsumer"
        batch_consuming true
      end
    end

    consumer_group :jobs do
      active_job_topic :default
    end
  end
end

KarafkaApp.boot!

# An order is not held up longer by a Kafka that is away; see Order#announce.
WaterDrop.setup { |config| config.kafka.delivery_timeout = 5 }
