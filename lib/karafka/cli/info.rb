# frozen_string_literal: true

# Owns `karafka info`. Must not show secrets.
module Karafka
  class Cli
    class Info < Base
      desc "Show versions and settings"
      option :config, type: :boolean, default: false,
                      desc: "And what librdkafka is given for each group and for the producer"

      # Karafka 1.1's lines in its order.
      # @return [Array<String>]
      def self.lines
        config = App.config
        ["Karafka framework version: #{VERSION} (karafka_rs, librdkafka #{Native.librdkafka_version})",
         "Application client id: #{config.client_id}",
         "Backend: #{config.backend}",
         "Batch fetching: #{config.batch_fetching}",
         "Batch consuming: #{config.batch_consuming}",
         "Boot file: #{Karafka.boot_file}",
         "Environment: #{Karafka.env}",
         "Kafka seed brokers: #{config.kafka.seed_brokers.inspect}"]
      end

      # @return [void]
      def call
        load_application
        info
        show_properties if options[:config]
      end

      private

      def show_properties
        App.consumer_groups.each do |group|
          show("Consumer group #{group.name}", Setup::Librdkafka.effective(group))
        end
        show("Producer", Setup::Librdkafka.producer(WaterDrop.config))
        puts "", "What is not listed has librdkafka's default."
      end

      def show(title, properties)
        puts "", "#{title}:"
        Setup::Librdkafka.masked(properties).sort.each { |name, value| puts "  #{name} = #{value}" }
      end
    end
  end
end
