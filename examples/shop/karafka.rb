# frozen_string_literal: true

# Boot file: settings and routes. `karafka server` loads it, and so do run.rb, sell.rb and the specs. It only describes;
# nothing is connected before a server runs or a message is sent.
ENV["KARAFKA_ENV"] ||= "development"
require "logger"
require "karafka_rs"

# lib/ first, then app/; an application with an autoloader of its own needs no such line.
Karafka::Loader.load(__dir__)

class ShopApp < Karafka::App
  setup do |config|
    config.client_id = "shop"
    config.kafka.seed_brokers = ENV.fetch("KAFKA_BROKERS", "127.0.0.1:9092")
    # Where topics are made by their first message, the groups find them this soon.
    config.kafka.librdkafka = { "topic.metadata.refresh.interval.ms" => 1_000 }
    # Seconds until what raised is delivered again.
    config.kafka.pause_timeout = 0.2
    # Standard output belongs to the report.
    config.logger = Logger.new($stderr, level: ENV.fetch("LOG_LEVEL", "warn"))
  end

  consumer_groups.draw do
    consumer_group :counter do
      # `consume` once per message, with params. Responder by name: OrdersResponder.
      topic :orders do
        controller OrdersController
        parser TillParser
      end
    end

    # Only what the controller marks counts as done.
    consumer_group :bank do
      automatically_mark_as_consumed false

      topic :accepted_orders do
        controller PaymentsController
        batch_consuming true
      end
    end

    # Three topics, one group: its members share the partitions of all.
    consumer_group :customers do
      # `consume` once per batch, with params_batch.
      topic :payments do
        controller ReceiptsController
        batch_consuming true
      end

      # One controller for two topics; `topic` tells which.
      topic(:receipts) { controller AnswersController }
      topic(:rejected_orders) { controller AnswersController }
    end
  end
end

ShopApp.boot!

# Specs look at what would be sent.
WaterDrop.setup { |config| config.deliver = !Karafka.env.test? }
