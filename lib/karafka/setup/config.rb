# frozen_string_literal: true

# Owns the names and defaults of all settings. One tree per process, written while the process boots. Rules are in
# contract.rb, the meaning for librdkafka is in librdkafka.rb.
module Karafka
  module Setup
    # How to reach and to prove oneself to brokers; shared by consumers and producers. Times are seconds.
    class ConnectionSettings < Settings
      # Broker addresses: "kafka://host:9092", "kafka+ssl://host:9093", "host:9092"; an Array or one comma string.
      setting :seed_brokers
      # Seconds to set a connection up (at least 1 is used), and to wait for an answer.
      setting :connect_timeout, 10
      setting :socket_timeout, 30
      # Seconds until a lost connection is tried again, at most.
      setting :reconnect_timeout, 5
      # Any ssl_* setting turns TLS on. Certificates and keys are PEM texts, paths are file names.
      setting :ssl_ca_cert
      setting :ssl_ca_cert_file_path
      setting :ssl_ca_certs_from_system
      setting :ssl_client_cert
      setting :ssl_client_cert_key
      setting :ssl_client_cert_key_password
      # Must the certificate name the host? Clouds whose certificates do not (Heroku) need false.
      setting :ssl_verify_hostname, true
      setting :sasl_gssapi_principal
      setting :sasl_gssapi_keytab
      setting :sasl_plain_authzid, ""
      setting :sasl_plain_username
      setting :sasl_plain_password
      setting :sasl_scram_username
      setting :sasl_scram_password
      # "sha256" or "sha512".
      setting :sasl_scram_mechanism
      # Any librdkafka property by its own name; see Karafka::Setup::Librdkafka for those the gem keeps for itself.
      setting :librdkafka, {}
    end

    # `config.kafka`: how groups consume. Times are seconds, sizes are bytes.
    class KafkaSettings < ConnectionSettings
      setting :session_timeout, 30
      setting :heartbeat_interval, 10
      # Seconds between commits in the background; 0 turns them off.
      setting :offset_commit_interval, 10
      # Commit after that many marks; 0 turns it off.
      setting :offset_commit_threshold, 0
      setting :offset_retention_time
      setting :max_bytes_per_partition, 1_048_576
      setting :max_bytes, 10_485_760
      setting :start_from_beginning, true
      setting :min_bytes, 1
      # Seconds a broker may hold a fetch back when there is nothing to send. A broker answers at once when there is,
      # so a low value does not make a busy consumer busier; it bounds how long a partition that is resumed or newly
      # assigned waits behind the fetch that is already out.
      setting :max_wait_time, 0.1
      setting :automatically_mark_as_consumed, true
      # Seconds until records that failed are delivered again.
      setting :pause_timeout, 10
      # Upper end, when the pause doubles with each attempt.
      setting :pause_max_timeout
      setting :pause_exponential_backoff, false
    end

    # Root of the tree: `config`.
    class Config < Settings
      setting :client_id
      setting :backend, :inline
      setting :logger, -> { Karafka::Logger.instance }
      setting :monitor, -> { Karafka::Monitor.instance }
      setting :consumer_mapper, -> { Karafka::Routing::ConsumerMapper }
      setting :topic_mapper, -> { Karafka::Routing::TopicMapper }
      setting :parser, -> { Karafka::Parsers::Json }
      setting :batch_fetching, true
      setting :batch_consuming, false
      setting :persistent, true
      # Seconds that running work gets to end at shutdown; nil waits for ever.
      setting :shutdown_timeout, 60
      # Ruby threads that consume, for all groups together.
      setting :concurrency, 5
      # Records in one batch, at most.
      setting :max_messages, 1_000
      group :kafka, KafkaSettings

      # @return [Config] the settings of this process
      def self.config
        @config ||= new
      end

      # @yieldparam config [Config]
      # @return [Config]
      def self.setup
        yield(config) if block_given?
        config
      end

      # @return [void]
      # @raise [Errors::InvalidConfiguration] with every broken rule
      def self.validate!
        Contract.new(config).validate!
      end

      # @api private
      def self.reset!
        @config = nil
      end

      # Documents of the time wrote this one at the root, the code knew it below `kafka`: one value, two names.
      # @return [Boolean]
      def automatically_mark_as_consumed
        kafka.automatically_mark_as_consumed
      end

      # @param value [Boolean]
      def automatically_mark_as_consumed=(value)
        kafka.automatically_mark_as_consumed = value
      end
    end
  end
end
