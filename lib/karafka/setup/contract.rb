# frozen_string_literal: true

# Owns every rule for settings, one row each: name, rule, an example that obeys it. All broken rules are collected and
# raised together. Runs while the process boots. Rules for routes are in routing/contract.rb.
module Karafka
  module Setup
    # Checks the settings of the process.
    # @api private
    class Contract
      ROOT = {
        client_id: [:name, '"my_app"'],
        backend: [:backend, ":inline"],
        logger: [:logger, "Logger.new($stdout)"],
        monitor: [:monitor, "Karafka::Monitor.instance"],
        consumer_mapper: [:consumer_mapper, "Karafka::Routing::ConsumerMapper"],
        topic_mapper: [:topic_mapper, "Karafka::Routing::TopicMapper"],
        parser: [:parser, "Karafka::Parsers::Json"],
        executor: [:executor, "Rails.application.reloader"],
        batch_fetching: [:boolean, "true"],
        batch_consuming: [:boolean, "false"],
        persistent: [:boolean, "true"],
        shutdown_timeout: [Rules.number(0, Rules::YEAR, optional: true), "60"],
        concurrency: [Rules.integer(1, 1_000), "5"],
        stall_timeout: [Rules.number(0.1, Rules::YEAR, optional: true), "300"],
        tracing: [:boolean, "true"],
        max_messages: [Rules.integer(1, Rules::LARGEST), "1_000"]
      }.freeze

      CONNECTION = {
        connect_timeout: [Rules.number(0.001, 2_147_483), "10"],
        socket_timeout: [Rules.number(0.01, 300), "30"],
        reconnect_timeout: [Rules.number(0, 3_600), "5"],
        statistics_interval: [Rules.number(0.1, 86_400, optional: true), "60"],
        ssl_ca_cert: [:optional_text, "File.read(path)"],
        ssl_ca_cert_file_path: [:optional_text, '"/etc/ssl/ca.pem"'],
        ssl_ca_certs_from_system: [:optional_boolean, "true"],
        ssl_client_cert: [:optional_text, "File.read(path)"],
        ssl_client_cert_key: [:optional_text, "File.read(path)"],
        ssl_client_cert_key_password: [:optional_string, 'ENV["KEY_PASSWORD"]'],
        ssl_verify_hostname: [:boolean, "true"],
        sasl_gssapi_principal: [:optional_text, '"kafka/host@REALM"'],
        sasl_gssapi_keytab: [:optional_text, '"/etc/kafka.keytab"'],
        sasl_plain_authzid: [:optional_string, '""'],
        sasl_plain_username: [:optional_text, '"user"'],
        sasl_plain_password: [:optional_text, 'ENV["KAFKA_PASSWORD"]'],
        sasl_scram_username: [:optional_text, '"user"'],
        sasl_scram_password: [:optional_text, 'ENV["KAFKA_PASSWORD"]'],
        sasl_scram_mechanism: [:scram, '"sha512"']
      }.freeze

      # Settings below `kafka` that a group may have its own value of.
      GROUP = {
        session_timeout: [Rules.number(0.001, 3_600), "30"],
        heartbeat_interval: [Rules.number(0, 3_600), "10"],
        offset_commit_interval: [Rules.number(0, 86_400), "10"],
        offset_commit_threshold: [Rules.integer(0, Rules::LARGEST), "0"],
        offset_retention_time: [:optional_integer, "nil"],
        max_bytes: [Rules.integer(1, 2_147_483_135), "10_485_760"],
        min_bytes: [Rules.integer(1, 100_000_000), "1"],
        max_wait_time: [Rules.number(0, 300), "0.2"],
        automatically_mark_as_consumed: [:boolean, "true"],
        pause_timeout: [Rules.number(0.001, Rules::YEAR), "10"],
        pause_max_timeout: [Rules.number(0.001, Rules::YEAR, optional: true), "60"],
        pause_exponential_backoff: [:boolean, "false"]
      }.merge(CONNECTION).freeze

      # Settings below `kafka` that a topic may have its own value of.
      TOPIC = {
        start_from_beginning: [:boolean, "true"],
        max_bytes_per_partition: [Rules.integer(0, 1_000_000_000), "1_048_576"]
      }.freeze

      # Adds one problem for each row that is broken.
      # @param problems [Problems]
      # @param rows [Hash{Symbol => Array}]
      # @yieldparam name [Symbol]
      # @yieldreturn [Array(String, Object)] path and value
      # @return [void]
      def self.check_rows(problems, rows)
        rows.each do |name, (rule, example)|
          path, value = yield(name)
          problems.add(path, value, Rules[rule].text, "set it to #{example}") if Rules[rule].broken_by?(value)
        rescue Errors::InvalidConfiguration => e
          # A lambda as a setting raised.
          problems.concat(e.problems)
        end
      end

      # @param config [Config]
      def initialize(config)
        @config = config
      end

      # @return [void]
      # @raise [Errors::InvalidConfiguration]
      def validate!
        problems.raise!("invalid settings")
      end

      # @return [Problems]
      def problems
        Problems.new.tap do |found|
          self.class.check_rows(found, ROOT) { |name| [name.to_s, @config.public_send(name)] }
          self.class.check_rows(found, GROUP.merge(TOPIC)) { |name| ["kafka.#{name}", @config.kafka.public_send(name)] }
          HttpContract.new(@config.http, found).check
          LogContract.new(@config.log, found).check
          KafkaContract.new(@config.kafka, found) { |name| "kafka.#{name}" }.check
        end
      end
    end
  end
end
