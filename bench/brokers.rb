# frozen_string_literal: true

require "fileutils"
require "json"
require "socket"
require "tmpdir"
require "karafka_rs"
require_relative "case"
require_relative "child"
require_relative "facts"

# Owns the broker that a group of cases works on, in a process of its own, and its topics, filled and looked at once.
module Brokers
  # The one that wakes a waiting fetch when a record arrives, as Kafka does: with the others a fetch waits to its end,
  # and what is measured of latency is chance.
  WAKING = "noida-db"

  class << self
    # @return [String, nil] the program on PATH: a broker that keeps any volume in memory
    def nisshi
      on_path("nisshi")
    end

    # @return [String, nil] the program on PATH, or where `bin/setup --external` puts it
    def noida
      installed = File.join(ROOT, "tmp/tools/noida/bin", WAKING)
      on_path(WAKING) || (installed if File.executable?(installed))
    end

    # @param topics [Hash{String => Topic}] by name
    # @return [String] the address of a broker with these, all of them empty
    def serve(topics)
      return waking(topics) if topics.values.any?(&:broker)

      topics.values.all?(&:bounded?) ? embedded(topics) : unbounded(topics)
    end

    # @return [Hash{String => Integer}] what is in the topic, for certain
    # @raise [Child::Failed, Facts::Wrong] something else is in it
    def fill(brokers, topic)
      numbers = [topic.kind, topic.partitions, topic.records].map(&:to_s)
      wanted = JSON.parse(Child.run(RbConfig.ruby, "-I#{LIB}", "#{ROOT}/bench/fill.rb", brokers, topic.name,
                                    *numbers))
      look = [File.join(EXAMPLES, "ceiling"), "split", "touch", topic.name, topic.records.to_s]
      Facts.check(JSON.parse(Child.run(*look, *properties(brokers, topic.name, "look"))), wanted)
      wanted
    end

    # The same as the framework's, so that both loops ask the broker for the same.
    # @return [Array<String>] NAME=VALUE
    def properties(brokers, topic, name)
      configure(brokers)
      group = Karafka::Routing::ConsumerGroup.new("bench-#{name}")
      group.topic(topic) { controller Karafka::BaseController }
      group.build
      Karafka::Setup::Librdkafka.consumer(group).map { |property, value| "#{property}=#{value}" }
    end

    # The same, of the producer.
    # @return [Array<String>] NAME=VALUE
    def producer_properties(brokers)
      configure(brokers)
      Karafka::Setup::Librdkafka.producer(WaterDrop.config).map { |property, value| "#{property}=#{value}" }
    end

    private

    def embedded(topics)
      Child.serve(
        RbConfig.ruby, "-I#{LIB}", "#{ROOT}/exe/karafka", "broker",
        *topics.flat_map { |name, topic| ["--topic", "#{name}:#{topic.partitions}"] }
      )
    end

    def on_path(name)
      ENV.fetch("PATH", "").split(File::PATH_SEPARATOR).map { |folder| File.join(folder, name) }
        .find { |path| File.executable?(path) }
    end

    def unbounded(topics)
      foreign(topics) do |port|
        url = "tcp://127.0.0.1:#{port}"
        [nisshi, "broker", "--silent", "--listener-url", url, "--advertised-listener-url", url,
         "--group-initial-rebalance-delay", "1ms", "--storage-engine", "memory://nisshi/"]
      end
    end

    def waking(topics)
      folder = Dir.mktmpdir(WAKING)
      at_exit do
        Child.stop_all
        FileUtils.rm_rf(folder)
      end
      foreign(topics) do |port|
        [noida, "start", "--only", "kafka", "--host", "127.0.0.1", "--kafka-port", port.to_s, "--data-dir", folder]
      end
    end

    # Others make their topics when they are asked to.
    def foreign(topics)
      port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
      Child.serve_quietly(*yield(port)) do
        TCPSocket.open("127.0.0.1", port).close || true
      rescue SystemCallError
        false
      end
      brokers = "127.0.0.1:#{port}"
      topics.each do |name, topic|
        wanted = { name: name, partitions: topic.partitions, replication_factor: 1, config: {} }
        Karafka::Native.create_topic({ "bootstrap.servers" => brokers }, wanted, 30.0)
      end
      brokers
    end

    def configure(brokers)
      [Karafka::App, WaterDrop].each do |application|
        application.setup do |config|
          config.client_id = "bench"
          config.kafka.seed_brokers = brokers
        end
      end
    end
  end
end
