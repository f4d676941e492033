# frozen_string_literal: true

# Owns the names, defaults and meanings of all settings. One tree per process, written while the process boots. Rules
# are in contract.rb, the translation for librdkafka is in librdkafka.rb. The comment of a setting is what
# docs/configuration.md says about it (`rake docs`); its first word is the unit, where there is one.
module Karafka
  module Setup
    # How to reach and to prove oneself to brokers; shared by consumers and producers.
    class ConnectionSettings < Settings
      # Addresses of brokers: "kafka://host:9092", "kafka+ssl://host:9093", "host:9092"; an Array or one comma string.
      setting :seed_brokers
      # Seconds to set a connection up; at least 1 is used.
      setting :connect_timeout, 10
      # Seconds to wait for an answer.
      setting :socket_timeout, 30
      # Seconds until a lost connection is tried again, at most.
      setting :reconnect_timeout, 5
      # Certificates to trust, as PEM text. This one and each of the next four turn TLS on.
      setting :ssl_ca_cert
      # File with the certificates to trust.
      setting :ssl_ca_cert_file_path
      # Trust the certificates that the system trusts?
      setting :ssl_ca_certs_from_system
      # Certificate of this client, as PEM text; comes with its key.
      setting :ssl_client_cert
      # Private key of this client, as PEM text.
      setting :ssl_client_cert_key
      # Password of the private key.
      setting :ssl_client_cert_key_password
      # Must the certificate name the host? Clouds whose certificates do not (Heroku) need false.
      setting :ssl_verify_hostname, true
      # Kerberos principal; turns GSSAPI on, for which the gem must be compiled with GSSAPI.
      setting :sasl_gssapi_principal
      # File with the Kerberos keys.
      setting :sasl_gssapi_keytab
      # Accepted and not used: librdkafka always sends an empty one.
      setting :sasl_plain_authzid, ""
      # User name; with the password it turns SASL PLAIN on.
      setting :sasl_plain_username
      # Password of that user.
      setting :sasl_plain_password
      # User name; with the password it turns SASL SCRAM on.
      setting :sasl_scram_username
      # Password of that user.
      setting :sasl_scram_password
      # Hash of SCRAM: "sha256" or "sha512".
      setting :sasl_scram_mechanism
      # Seconds between librdkafka's reports of what it has counted ("statistics.emitted"); nil: none.
      setting :statistics_interval
      # Any other librdkafka property, by its own name.
      setting :librdkafka, {}
    end

    # `config.kafka`: how groups consume.
    class KafkaSettings < ConnectionSettings
      # Seconds without a heartbeat until the group goes on without this member.
      setting :session_timeout, 30
      # Seconds between heartbeats; at most a third of `session_timeout` is used.
      setting :heartbeat_interval, 10
      # Seconds between commits in the background; 0 turns them off.
      setting :offset_commit_interval, 10
      # Marks until the next commit; 0 turns it off.
      setting :offset_commit_threshold, 0
      # Accepted and not used: brokers decide since Kafka 2.1.
      setting :offset_retention_time
      # Bytes of one partition in one answer. A group has one value, the largest of its topics.
      setting :max_bytes_per_partition, 1_048_576
      # Bytes of one answer, and of one batch; a fetch asks for a million or more in any case.
      setting :max_bytes, 10_485_760
      # Where does a partition without a committed offset begin: true at its first message, false behind its last?
      setting :start_from_beginning, true
      # Bytes that a broker waits for, up to `max_wait_time`, before it answers.
      setting :min_bytes, 1
      # Seconds a broker may hold a fetch back when there is nothing to send. A broker answers at once when there is, so
      # this delays no message; it bounds how long a partition that was just assigned, or whose prefetch was full, waits
      # behind the fetch that is already out. Embedded brokers and some others let a fetch wait to its end: 0.01 makes
      # tests with them quick.
      setting :max_wait_time, 0.2
      # Is a message done when user code has returned? false: only what user code marks is.
      setting :automatically_mark_as_consumed, true
      # Seconds until records that failed are delivered again.
      setting :pause_timeout, 10
      # Seconds, the upper end, when the pause doubles with each attempt; nil is no end.
      setting :pause_max_timeout
      # Does the pause double with each attempt?
      setting :pause_exponential_backoff, false
    end

    # `config.http`: how the process answers questions about itself.
    class HttpSettings < Settings
      # Where `karafka server` answers `/live`, `/ready`, `/metrics` and `/status`: "127.0.0.1:9394"; nil: nowhere.
      setting :bind
      # May others than this machine ask? Without it only addresses of this machine (127.0.0.1, ::1, localhost) are
      # accepted: what is told names groups, topics and errors.
      setting :public, false
    end

    # `config.log`: what log lines look like, and which there are.
    class LogSettings < Settings
      # What the framework writes: `:text`; `:json`, one object in each line; `:hash`, for loggers that take a Hash.
      setting :format, :text
      # Levels of events, where they are to be others than docs/logging.md says:
      # `{ "partitions.assigned" => :debug, "worker.dropped" => :off }`.
      setting :levels, {}
      # Tags of lines that are written while a job runs, in loggers that take tags, as those of Rails do: any of
      # `:group`, `:topic`, `:partition` (topic and number), `:offset`, `:attempt`.
      setting :tags, %i[partition offset]
    end

    # Root of the tree: `config`.
    class Config < Settings
      # Name of this client for the brokers, and the beginning of every group id.
      setting :client_id
      # Where messages are consumed: `:inline` is in this process.
      setting :backend, :inline
      # Where log lines go.
      setting :logger, -> { Karafka::Logger.instance }
      # Who is told what happens.
      setting :monitor, -> { Karafka::Monitor.instance }
      # Makes a group's id of its name.
      setting :consumer_mapper, -> { Karafka::Routing::ConsumerMapper }
      # Translates between topic names of the cluster and of the application.
      setting :topic_mapper, -> { Karafka::Routing::TopicMapper }
      # Turns payloads into objects, and objects of responders into payloads.
      setting :parser, -> { Karafka::Parsers::Json }
      # What each job is run in, by its `wrap { }`: every batch, every message when `batch_consuming` is false, every
      # hook, every turn of poll callbacks. May be called inside itself. In Rails it is the application's reloader.
      setting :executor
      # false: batches of one.
      setting :batch_fetching, true
      # Is `consume` called once per batch (`params_batch`), or once per message (`params`)?
      setting :batch_consuming, false
      # Is one controller kept as long as its partition is ours? false: a new one for each batch.
      setting :persistent, true
      # Seconds that running work gets to end at shutdown; nil waits for ever.
      setting :shutdown_timeout, 60
      # Threads that consume, for all groups together; a group's own value is how many of them it may use.
      setting :concurrency, 5
      # Seconds; a partition that has messages and gets nothing done for longer is told as "partition.stalled", with
      # where its worker is. nil: never.
      setting :stall_timeout, 300
      # Messages in one batch, at most.
      setting :max_messages, 1_000
      group :kafka, KafkaSettings
      group :http, HttpSettings
      group :log, LogSettings

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
