# frozen_string_literal: true

# Owns `karafka info`. Must not show secrets.
module Karafka
  module Cli
    class Info < Base
      NAME = "info"
      SUMMARY = "Show versions, settings and routes"
      Cli.commands[NAME] = self

      # @return [Integer] exit code
      def call
        load_application
        config = App.config
        puts "Karafka framework version: #{VERSION} (karafka_rs, librdkafka #{Native.librdkafka_version})",
             "Application client id: #{config.client_id}",
             "Backend: #{config.backend}",
             "Batch fetching: #{config.batch_fetching}",
             "Batch consuming: #{config.batch_consuming}",
             "Boot file: #{Karafka.boot_file}",
             "Environment: #{Karafka.env}",
             "Kafka seed brokers: #{config.kafka.seed_brokers.inspect}"
        0
      end
    end
  end
end
