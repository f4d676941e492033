# frozen_string_literal: true

# Owns what of the process is different while the real engine runs inside a spec: brokers, timeouts, producers, the
# state of the process. Everything is put back, whatever the block does. Belongs to the thread of the spec. Must not
# change what the application chose for itself: pauses, batches, commits, parsers.
module Karafka
  module Testing
    # @api private
    module Scene
      # Proving oneself to real brokers has no place here.
      CREDENTIALS = Setup::ConnectionSettings.defaults.select { |name, _| /\A(ssl|sasl)_/.match?(name) }.freeze
      # Properties that an embedded cluster cannot serve, or that would slow it down.
      FOREIGN = /\A(security|ssl|sasl|enable\.ssl|group\.instance|client\.rack|statistics|oauthbearer|fetch\.wait)/
      # Embedded brokers let a fetch wait to its end, and have members that are gone missed for a session.
      QUICK = { max_wait_time: 0.003, session_timeout: 1.5, heartbeat_interval: 0.3 }.freeze
      # Seconds until a broker that was down is seen again.
      RECONNECT = { reconnect_timeout: 0.1 }.freeze
      # Embedded brokers give a producer its number half a second late.
      PLAIN = { "enable.idempotence" => "false" }.freeze
      # Librdkafka's clients connect when they have to, one broker in 50 ms; this way at once.
      CONNECTED = { "enable.sparse.connections" => "false" }.freeze

      class << self
        # @param servers [String] addresses of the embedded cluster
        # @return [Object] what the block gave
        def play(servers, &block)
          kafka = App.config.kafka
          there = CREDENTIALS.merge(RECONNECT, seed_brokers: [servers])
          kafka.with(there.merge(QUICK, librdkafka: usable(kafka.librdkafka))) do
            producing = WaterDrop.config.kafka
            producing.with(there.merge(librdkafka: usable(producing.librdkafka).merge(PLAIN))) do
              WaterDrop.config.with(deliver: true) { without_producers { in_another_state(&block) } }
            end
          end
        end

        # @param group [Routing::ConsumerGroup]
        # @param servers [String]
        # @return [Routing::ConsumerGroup] the same, for the embedded cluster
        def move(group, servers)
          group.dup.tap do |moved|
            CREDENTIALS.merge(QUICK, RECONNECT, seed_brokers: [servers], librdkafka: usable(group.librdkafka))
              .each { |name, value| moved.public_send(:"#{name}=", value) }
          end
        end

        # Ends faults that were injected: the end must not wait for them.
        # @param cluster [EmbeddedBroker]
        # @param brokers [Integer]
        # @return [void]
        def heal(cluster, brokers)
          EmbeddedBroker::FaultContract::APIS.each { |api| cluster.inject(kind: :no_requests, api: api) }
          1.upto(brokers) do |broker|
            cluster.inject(kind: :round_trip, broker: broker, millis: 0)
            cluster.inject(kind: :broker_up, broker: broker)
          end
        end

        # @param servers [String]
        # @return [Hash{String => String}] properties of a client of the test kit's own
        def client(servers, **more)
          { "bootstrap.servers" => servers, "reconnect.backoff.max.ms" => "100", **CONNECTED, **more }
        end

        private

        def usable(properties)
          properties.reject { |name, _| FOREIGN.match?(name.to_s) }.merge(CONNECTED)
        end

        # The process' own, and those that the application makes for itself.
        def without_producers(&block)
          before = OpenProducers.mine
          WaterDrop::Producers.apart(&block)
        ensure
          OpenProducers.close(OpenProducers.mine - before, 1)
        end

        def in_another_state
          before = App.status
          App.instance_variable_set(:@status, Status.new)
          App.initialize!
          yield
        ensure
          App.instance_variable_set(:@status, before)
        end
      end
    end
  end
end
