# frozen_string_literal: true

# Boot file: settings and routes. `karafka server` loads it, and so do publish.rb and run.rb. It only describes; nothing
# is connected before a server runs or a message is sent.
require "logger"
require "karafka_rs"

# lib/ first, then app/; an application with an autoloader of its own needs no such line.
Karafka::Loader.load(__dir__)

class FlightsApp < Karafka::App
  # Tells the topics and the group of one run from those of another on a shared cluster.
  suffix = ENV.fetch("FLIGHTS_SUFFIX", "")

  setup do |config|
    config.client_id = "flights#{suffix}"
    config.kafka.seed_brokers = ENV.fetch("KAFKA_BROKERS", "127.0.0.1:9092")
    # A group sees a topic that was made after it subscribed at its next look around. Librdkafka looks every 5 minutes;
    # here the alerts topic may be made by the first alert.
    config.kafka.librdkafka = { "topic.metadata.refresh.interval.ms" => 1_000 }
    # Seconds without a sign of life after which the group goes on without a member. The embedded broker also takes
    # about this long over each change of a group that has members.
    config.kafka.session_timeout = 6
    config.kafka.heartbeat_interval = 2
    # Seconds until a batch that raised is delivered again.
    config.kafka.pause_timeout = 1
    config.topic_mapper = Flights::TopicMapper.new(suffix)
    # Standard output belongs to the progress bar and the table.
    config.logger = Logger.new($stderr, level: ENV.fetch("LOG_LEVEL", "warn"))
  end

  consumer_groups.draw do
    # One group, two topics: its members share the partitions of both.
    consumer_group :operations do
      topic :flights do
        controller FlightsController
        responder LateFlightsResponder
        # `consume` once per batch, with params_batch.
        batch_consuming true
      end

      # `consume` once per message, with params.
      topic :alerts do
        controller AlertsController
      end
    end
  end
end

FlightsApp.boot!
