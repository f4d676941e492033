# frozen_string_literal: true

# A broker for the application that moves.
BROKER = Karafka::EmbeddedBroker.start(topics: { "user_events" => 1, "user_names" => 1, "second" => 1 })
ENV["KAFKA_BROKERS"] = BROKER.bootstrap_servers
at_exit { BROKER.close }
