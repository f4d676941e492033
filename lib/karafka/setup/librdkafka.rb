# frozen_string_literal: true

# Owns the translation of settings into librdkafka properties; no other file spells a librdkafka name. Pure: settings
# in, String Hash out. Must not validate (see contract.rb) and must not open connections.
module Karafka
  module Setup
    # @example
    #   Karafka::Setup::Librdkafka.consumer(group) # => { "group.id" => "app_events", ... }
    module Librdkafka
      # Properties that `kafka.librdkafka` may not set, each with what to do instead.
      OWNED = {
        "bootstrap.servers" => "set seed_brokers",
        "metadata.broker.list" => "set seed_brokers",
        "client.id" => "set client_id",
        "group.id" => "set the name of the consumer group, or a consumer_mapper",
        "auto.offset.reset" => "set start_from_beginning on the topic",
        "enable.auto.commit" => "set offset_commit_interval (0 turns timed commits off)",
        "enable.auto.offset.store" => "take it out: offsets are stored after user code has returned",
        "enable.partition.eof" => "take it out",
        "delivery.report.only.error" => "take it out: without reports a delivery never ends",
        "transactional.id" => "take it out: transactions are not supported"
      }.freeze

      # Properties of one side that the other side would complain about; everything else goes to both.
      PRODUCER_ONLY = %w[
        enable.idempotence enable.gapless.guarantee queue.buffering.max.messages queue.buffering.max.kbytes
        queue.buffering.max.ms linger.ms message.send.max.retries retries queue.buffering.backpressure.threshold
        compression.codec compression.type compression.level batch.num.messages batch.size
        sticky.partitioning.linger.ms request.required.acks acks request.timeout.ms message.timeout.ms
        delivery.timeout.ms queuing.strategy partitioner transaction.timeout.ms message.max.bytes
      ].freeze
      # The same of the other side.
      CONSUMER_ONLY = %w[
        group.instance.id partition.assignment.strategy session.timeout.ms heartbeat.interval.ms group.protocol.type
        group.protocol group.remote.assignor coordinator.query.interval.ms max.poll.interval.ms
        auto.commit.interval.ms queued.min.messages queued.max.messages.kbytes fetch.wait.max.ms
        fetch.queue.backoff.ms fetch.message.max.bytes max.partition.fetch.bytes fetch.max.bytes fetch.min.bytes
        fetch.error.backoff.ms isolation.level check.crcs client.rack consume.callback.max.messages
      ].freeze
      # Second names; each property must be passed once, or the order would decide.
      ALIASES = {
        "sasl.mechanism" => "sasl.mechanisms", "fetch.message.max.bytes" => "max.partition.fetch.bytes",
        "request.required.acks" => "acks", "queue.buffering.max.ms" => "linger.ms",
        "retries" => "message.send.max.retries", "delivery.timeout.ms" => "message.timeout.ms",
        "compression.type" => "compression.codec", "max.in.flight" => "max.in.flight.requests.per.connection"
      }.freeze
      # The new group protocol (KIP-848) keeps these on the broker and refuses them from a client.
      CLASSIC_PROTOCOL = %w[partition.assignment.strategy session.timeout.ms heartbeat.interval.ms].freeze

      # Properties whose values are nobody's business, and what is shown of them.
      SECRET = /passw|passphrase|secret|key\.pem|oauthbearer\.config/
      # What stands for a secret.
      MASK = "[hidden]"

      # Librdkafka's own limit between two polls, in milliseconds; it must not be below the session timeout.
      POLL_INTERVAL = 300_000
      # Librdkafka's default of `message.max.bytes`.
      LARGEST_MESSAGE = 1_000_000
      private_constant :POLL_INTERVAL, :LARGEST_MESSAGE

      class << self
        # @param group [Routing::ConsumerGroup]
        # @return [Hash{String => String}] properties of the group's client
        def consumer(group)
          session = ms(group.session_timeout)
          properties = {
            "client.id" => group.client_id,
            "group.id" => group.id,
            "session.timeout.ms" => session,
            # A beat must fit into the session more than once, whatever the user asked for.
            "heartbeat.interval.ms" => ms(group.heartbeat_interval).clamp(1, [session / 3, 1].max),
            "max.poll.interval.ms" => [session, POLL_INTERVAL].max,
            # A rebalance then moves only the partitions that have to move; the others go on.
            "partition.assignment.strategy" => "cooperative-sticky",
            # The position moves when user code has returned, never when a record was handed out.
            "enable.auto.offset.store" => false,
            "enable.auto.commit" => true,
            "auto.commit.interval.ms" => ms(group.offset_commit_interval),
            # Each topic's own choice is made at assignment; this one serves offsets that are out of range.
            "auto.offset.reset" => group.topics.any?(&:start_from_beginning) ? "earliest" : "latest",
            "isolation.level" => "read_committed",
            # Damaged records are noticed and fetched again, never handed out. With the processor's own instruction for
            # it this costs less than measurements differ by, at two million records of 100 bytes a second.
            "check.crcs" => true,
            "enable.partition.eof" => false,
            "statistics.interval.ms" => statistics(group),
            # A topic that is created after the group has subscribed is found this soon; librdkafka's default is five
            # minutes, which looks like a hang.
            "topic.metadata.refresh.interval.ms" => 10_000
          }
          finish(group, properties.merge(fetching(group)), PRODUCER_ONLY)
        end

        # @param config [WaterDrop::Config]
        # @param linger [Numeric] seconds a message may wait for others. 0: librdkafka still batches what piles up
        #   while a request is out, so a busy producer loses nothing and a single message leaves at once.
        # @param threshold [Integer, nil] messages of one partition that leave together at most
        # @return [Hash{String => String}] properties of the shared producer
        def producer(config, linger: 0, threshold: nil)
          kafka = config.kafka
          all = [-1, :all].include?(kafka.required_acks)
          properties = {
            "client.id" => config.client_id,
            "acks" => all ? "all" : kafka.required_acks,
            # Retries can then neither double nor reorder; Kafka allows it only with acks from all replicas.
            "enable.idempotence" => all && kafka.max_retries != 0,
            "linger.ms" => ms(linger),
            "statistics.interval.ms" => statistics(kafka),
            "queue.buffering.max.messages" => [kafka.max_buffer_size, kafka.max_queue_size].max,
            "queue.buffering.max.kbytes" => [kafka.max_buffer_bytesize / 1024, 1].max,
            "request.timeout.ms" => [ms(kafka.ack_timeout), 1].max,
            "message.timeout.ms" => ms(kafka.delivery_timeout),
            "retry.backoff.ms" => ms(kafka.retry_backoff).clamp(1, 300_000),
            "retry.backoff.max.ms" => ms(kafka.retry_backoff).clamp(1000, 300_000),
            "message.send.max.retries" => kafka.max_retries,
            "batch.num.messages" => threshold,
            "compression.codec" => (kafka.compression_codec || config.producer.compression_codec)
          }
          in_order(finish(kafka, properties, CONSUMER_ONLY))
        end

        # Finds what is no property at all; what passes here and is none of librdkafka's, it names itself.
        # @param properties [Hash{String => String}] of a producer
        # @return [void]
        # @raise [Errors::InvalidConfiguration]
        # @api private
        def check_producer!(properties)
          Hash === properties or
            raise Errors::InvalidConfiguration, "the producer's properties are #{Problems.show("", properties)}; " \
                                                'give a Hash such as { "bootstrap.servers" => "127.0.0.1:9092" }'

          rule = Rules[:property]
          properties.each do |name, value|
            next unless rule.broken_by?(name) || rule.broken_by?(value)

            raise Errors::InvalidConfiguration, "the producer's property #{Problems.show("", name)} is " \
                                                "#{Problems.show(name, value)} but both #{rule.text}; mend it"
          end
        end

        # @param source [Routing::ConsumerGroup, Config] whose brokers, and how to prove oneself to them
        # @param client_id [String]
        # @return [Hash{String => String}] properties of a client that only asks
        def admin(source, client_id)
          finish(source, { "client.id" => client_id }, PRODUCER_ONLY + CONSUMER_ONLY)
        end

        # @param group [Routing::ConsumerGroup]
        # @return [Hash{String => String}] properties of {consumer} as librdkafka gets them
        def effective(group)
          # The core commits by itself, after `auto.commit.interval.ms` too.
          consumer(group).merge("enable.auto.commit" => "false")
        end

        # @param properties [Hash{String => String}]
        # @return [Hash{String => String}] to be shown
        def masked(properties)
          properties.to_h { |name, value| [name, SECRET.match?(name) ? MASK : value.lines.first.to_s.chomp] }
        end

        # @param property [String, Symbol] librdkafka name
        # @return [String, nil] what to do instead, when users may not set the property
        def owned(property)
          OWNED[property.to_s]
        end

        # @param seconds [Numeric]
        # @return [Integer] milliseconds
        def ms(seconds)
          (seconds * 1000).round
        end

        private

        def statistics(source)
          source.statistics_interval && ms(source.statistics_interval)
        end

        # Where batches have no numbers, one that is sent again could be overtaken by those behind it.
        def in_order(properties)
          numbered = %w[true t 1].include?(properties["enable.idempotence"].downcase)
          return properties if numbered || properties["message.send.max.retries"] == "0"

          { "max.in.flight.requests.per.connection" => "1" }.merge(properties)
        end

        def fetching(group)
          {
            # How long a broker holds a fetch that finds nothing; a record that arrives ends the wait at once, so this
            # is no latency. An idle process pays for each answer (some 0.08 ms of processor time), which speaks for
            # long waits; what speaks against: a partition that was left out of the fetch, because its prefetch was
            # full or because it has just come, is asked for when the fetch that waits for the others is back.
            # Librdkafka has 500.
            "fetch.wait.max.ms" => ms(group.max_wait_time),
            # Librdkafka's own default: wait for nothing but the first record.
            "fetch.min.bytes" => group.min_bytes,
            # Librdkafka refuses less than the largest message. Batches keep to what was asked for.
            "fetch.max.bytes" => [group.max_bytes, LARGEST_MESSAGE].max,
            # Librdkafka refuses a fetch limit that its receive limit (100 MB by default) cannot hold.
            "receive.message.max.bytes" => [group.max_bytes + 512, 100_000_000].max,
            "max.partition.fetch.bytes" => [group.topics.map(&:max_bytes_per_partition).max || 1, 1].max,
            # Librdkafka looks again only after this long once a partition's prefetch was full. Its default of a second
            # leaves a fast consumer idle most of that second.
            "fetch.queue.backoff.ms" => 10,
            # Prefetch for each partition, because each has its own queue: enough to cover a round trip, small enough
            # for a process with hundreds of partitions. Librdkafka's default would be 64 MiB for each.
            "queued.max.messages.kbytes" => 16_384,
            # The same in messages: librdkafka's own default. A full partition is left out of the next fetch, and when
            # all others are empty that one waits for as long as it may, while the full one runs dry. So this must be
            # what is consumed in `max_wait_time`. One busy partition of twelve, 100 bytes a message, counted: 90,000 a
            # second with 10,000 here, 2,700,000 with 100,000. Each message takes some 170 bytes beside its own.
            "queued.min.messages" => 100_000
          }
        end

        # What users set wins, except for the properties that {OWNED} lists, which the contract refuses.
        def finish(source, properties, foreign)
          given = source.librdkafka.to_h { |name, value| [ALIASES.fetch(name.to_s, name.to_s), value] }
          given = given.except(*OWNED.keys, *foreign)
          properties = properties.except(*CLASSIC_PROTOCOL) if given["group.protocol"].to_s == "consumer"
          Connection.properties(source).merge(properties, given).compact.transform_values(&:to_s)
        end
      end
    end
  end
end
