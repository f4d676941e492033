# frozen_string_literal: true

require_relative "embedded_broker/fault_contract"

# Owns a Kafka cluster inside this process, for development and tests: any client can use it over TCP on loopback. Safe
# to call from any thread. Must not be used for data that matters: it keeps about 5 MB or 100,000 messages of each
# partition in memory and forgets older ones, and everything when it ends. A rebalance among several members takes it
# about one session timeout: a short `kafka.session_timeout` (6) makes that quick.
module Karafka
  # @example
  #   Karafka::EmbeddedBroker.start(topics: { "events" => 6 }) do |broker|
  #     config.kafka.seed_brokers = broker.bootstrap_servers
  #   end
  class EmbeddedBroker
    # Partitions of a topic that is used without having been created; the cluster's own number.
    DEFAULT_PARTITIONS = 4

    # How many brokers a cluster may have: each listens on a port.
    BROKERS = (1..1000)
    # Partitions of a topic. Each takes memory, used or not.
    PARTITIONS = (1..10_000)
    # Seconds of `rebalance_delay`.
    LONGEST_DELAY = 3600

    # Those that run: a program that only took the address of one does not hold on to it.
    RUNNING = {}.compare_by_identity
    LOCK = Mutex.new
    private_constant :RUNNING, :LOCK

    class << self
      # It runs until it is closed or the process ends.
      # @param topics [Hash{String, Symbol => Integer}] number of partitions by topic
      # @param brokers [Integer]
      # @param rebalance_delay [Numeric] seconds a new group waits for further members before its first assignment
      # @yieldparam broker [EmbeddedBroker] closed after the block
      # @return [EmbeddedBroker, Object] the block's result when there is one
      # @raise [Errors::InvalidConfiguration] for a number or a name that cannot be
      def start(topics: {}, brokers: 1, rebalance_delay: 0)
        broker = new(brokers, rebalance_delay)
        broker.create_topics(topics)
        begun = LOCK.synchronize { RUNNING[broker] = true }
        return broker unless block_given?

        yield broker
      ensure
        broker&.close if block_given? || !begun
      end
    end

    # @api private
    def initialize(brokers, rebalance_delay)
      check(Integer === brokers && BROKERS.cover?(brokers), "brokers", brokers, "a number from 1 to #{BROKERS.max}")
      delay = Setup::Rules.seconds?(rebalance_delay) && rebalance_delay <= LONGEST_DELAY
      check(delay, "rebalance_delay", rebalance_delay, "seconds from 0 to #{LONGEST_DELAY}")
      @native = Native::MockCluster.new(brokers, (rebalance_delay * 1000).round)
      @faults = FaultContract.new(brokers)
    end

    # @return [String] addresses, comma separated: "127.0.0.1:40123"
    def bootstrap_servers
      @native.bootstrap_servers
    end

    # @param topics [Hash{String, Symbol => Integer}] number of partitions by topic
    # @return [void]
    # @raise [Errors::InvalidConfiguration, Errors::KafkaError] see {#create_topic}
    # @api private
    def create_topics(topics)
      check(Hash === topics, "the topics", topics, 'a Hash such as { "events" => 6 }')
      topics.each { |name, partitions| create_topic(name, partitions) }
    end

    # @param name [String, Symbol]
    # @param partitions [Integer]
    # @return [void]
    # @raise [Errors::InvalidConfiguration, Errors::KafkaError] the name or number is refused, or the topic exists
    def create_topic(name, partitions = 1)
      topic = Routing::Name.of(name)
      check(Setup::Rules.topic?(topic), "topic", name, "up to 249 letters, digits, _ . or -, not only dots")
      check(Integer === partitions && PARTITIONS.cover?(partitions), "partitions", partitions,
            "a number from 1 to #{PARTITIONS.max}")
      @native.create_topic(topic, partitions)
    end

    # Makes the cluster misbehave, or behave again; for tests of what an application does then.
    # @example
    #   broker.inject(kind: :requests, api: :produce, code: "NOT_LEADER_FOR_PARTITION", times: 3)
    #   broker.inject(kind: :no_requests, api: :produce)
    #   broker.inject(kind: :topic, topic: "events", code: "TOPIC_AUTHORIZATION_FAILED") # "NO_ERROR" ends it
    #   broker.inject(kind: :broker_down, broker: 1)
    #   broker.inject(kind: :broker_up, broker: 1)
    #   broker.inject(kind: :round_trip, broker: 1, millis: 200)
    #   broker.inject(kind: :coordinator, group: "app_events", broker: 2)
    #   broker.inject(kind: :leader, topic: "events", partition: 0, broker: 2)
    #   broker.inject(kind: :max_version, api: :fetch, version: 3) # brokers that speak an older protocol
    # @param fault [Hash{Symbol => Object}] `api` is one of produce, fetch, list_offsets, metadata, offset_commit,
    #   offset_fetch, find_coordinator, join_group, heartbeat, leave_group, sync_group, init_producer_id; `code` is a
    #   name of librdkafka's, "_TRANSPORT" closes the connection
    # @return [void]
    # @raise [Errors::InvalidConfiguration, Errors::KafkaError] there is no such fault, or no such partition
    def inject(**fault)
      @native.inject(@faults.check!(fault))
    end

    # Ends the cluster; closing twice does nothing.
    # @return [void]
    def close
      LOCK.synchronize { RUNNING.delete(self) }
      @native.close
    end

    private

    def check(allowed, what, value, rule)
      return if allowed

      raise Errors::InvalidConfiguration, "embedded broker: #{what} is #{Setup::Problems.show(what, value)}; " \
                                          "give #{rule}"
    end
  end
end
