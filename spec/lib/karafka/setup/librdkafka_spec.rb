# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe Karafka::Setup::Librdkafka do
  include_context "with a fresh app"

  let(:config) { Karafka::App.config }

  def consumer(...)
    described_class.consumer(draw(...))
  end

  def producer(**options)
    WaterDrop.setup { |target| target.kafka.seed_brokers = "kafka://h:9092" }
    described_class.producer(WaterDrop.config, **options)
  end

  describe ".consumer" do
    it "gives Strings only, and what the rules of consumption need" do
      properties = consumer
      expect(properties.values).to all(be_a(String))
      expect(properties).to include(
        "bootstrap.servers" => "127.0.0.1:9092", "security.protocol" => "plaintext", "client.id" => "example_app",
        "group.id" => "example_app_events", "enable.auto.offset.store" => "false", "enable.auto.commit" => "true",
        "auto.commit.interval.ms" => "10000", "session.timeout.ms" => "30000", "isolation.level" => "read_committed",
        "partition.assignment.strategy" => "cooperative-sticky", "auto.offset.reset" => "earliest"
      )
    end

    it "honours brokers and credentials of the group" do
      group = proc do
        seed_brokers %w[kafka+ssl://other:9093]
        sasl_plain_username "me"
        sasl_plain_password "pw"
      end
      expect(consumer(group: group)).to include(
        "bootstrap.servers" => "other:9093", "security.protocol" => "sasl_ssl", "sasl.mechanisms" => "PLAIN",
        "sasl.username" => "me", "sasl.password" => "pw", "ssl.endpoint.identification.algorithm" => "https"
      )
    end

    it "takes TLS from any ssl setting, as 1.1 did" do
      config.kafka.ssl_ca_cert = "PEM"
      config.kafka.ssl_verify_hostname = false
      expect(consumer).to include("security.protocol" => "ssl", "ssl.ca.pem" => "PEM",
                                  "ssl.endpoint.identification.algorithm" => "none")
    end

    it "maps SCRAM, and SASL without TLS" do
      config.kafka.sasl_scram_username = "me"
      config.kafka.sasl_scram_password = "pw"
      config.kafka.sasl_scram_mechanism = "sha512"
      expect(consumer).to include("security.protocol" => "sasl_plaintext", "sasl.mechanisms" => "SCRAM-SHA-512")
    end

    it "raises the poll interval with the session and keeps the heartbeat inside it" do
      long = consumer(group: proc { session_timeout 600 })
      expect(long).to include("max.poll.interval.ms" => "600000", "session.timeout.ms" => "600000")
      Karafka::App.consumer_groups.clear
      expect(consumer(group: proc { session_timeout 6 })).to include("heartbeat.interval.ms" => "2000")
    end

    it "turns timed commits off with 0" do
      expect(consumer(group: proc { offset_commit_interval 0 })).to include("auto.commit.interval.ms" => "0")
    end

    it "starts at the end only when no topic starts at the beginning" do
      expect(consumer { start_from_beginning false }).to include("auto.offset.reset" => "latest")
    end

    it "passes properties of root and group, once each, and leaves out those of producers" do
      config.kafka.librdkafka = { "client.rack" => "a", "fetch.message.max.bytes" => 5, "linger.ms" => 3 }
      properties = consumer(group: proc { librdkafka("client.rack" => "b", :"statistics.interval.ms" => 1) })
      expect(properties).to include("client.rack" => "b", "statistics.interval.ms" => "1",
                                    "max.partition.fetch.bytes" => "5")
      expect(properties).not_to include("linger.ms", "fetch.message.max.bytes")
    end

    it "leaves to the broker what the new group protocol keeps there" do
      config.kafka.librdkafka = { "group.protocol" => "consumer" }
      expect(consumer.keys & described_class::CLASSIC_PROTOCOL).to eq []
    end
  end

  describe ".producer" do
    it "is safe and immediate by default" do
      expect(producer).to include("acks" => "all", "enable.idempotence" => "true", "linger.ms" => "0",
                                  "client.id" => "waterdrop", "message.timeout.ms" => "60000")
      expect(producer).not_to include("message.send.max.retries", "compression.codec", "group.id")
    end

    it "turns idempotence off when acks or retries do not allow it" do
      WaterDrop.config.kafka.required_acks = 1
      expect(producer).to include("acks" => "1", "enable.idempotence" => "false")
      WaterDrop.config.kafka.required_acks = :all
      WaterDrop.config.kafka.max_retries = 0
      expect(producer).to include("acks" => "all", "enable.idempotence" => "false", "message.send.max.retries" => "0")
    end

    it "has one request in flight where a batch that is sent again could be overtaken, unless told otherwise" do
      flight = "max.in.flight.requests.per.connection"
      expect(producer).not_to include(flight)
      WaterDrop.config.kafka.librdkafka = { "enable.idempotence" => false }
      expect(producer).to include(flight => "1")
      WaterDrop.config.kafka.librdkafka = { "enable.idempotence" => "True" }
      expect(producer).not_to include(flight)
      WaterDrop.config.kafka.librdkafka = {}
      [0, 1].each do |acks|
        WaterDrop.config.kafka.required_acks = acks
        expect(producer).to include(flight => "1")
      end
      WaterDrop.config.kafka.librdkafka = { "max.in.flight" => 5 }
      expect(producer).to include(flight => "5")
      WaterDrop.config.kafka.librdkafka = { "retries" => 0 }
      expect(producer).not_to include(flight)
    end

    it "compresses from either place" do
      WaterDrop.config.producer.compression_codec = :gzip
      expect(producer).to include("compression.codec" => "gzip")
    end

    it "lets messages wait for each other when asked to" do
      expect(producer(linger: 10, threshold: 100)).to include("linger.ms" => "10000", "batch.num.messages" => "100")
    end

    it "takes properties of its own and leaves out those of consumers" do
      WaterDrop.config.kafka.librdkafka = { "delivery.timeout.ms" => 7, "fetch.min.bytes" => 3 }
      expect(producer).to include("message.timeout.ms" => "7")
      expect(producer).not_to include("fetch.min.bytes", "delivery.timeout.ms")
    end
  end
end
