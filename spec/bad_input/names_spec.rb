# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that settings that do not exist are refused where they are written, with the nearest that does, and
# that combinations of settings are looked at: all that is wrong is told at once.
RSpec.describe "Bad input: names and combinations of settings" do
  include_context "with a fresh app"

  let(:config) { Karafka::App.config }
  let(:invalid) { Karafka::Errors::InvalidConfiguration }
  let(:unknown) { Karafka::Errors::UnknownSetting }

  # Where the name is looked for.
  nodes = {
    "config" => -> { Karafka::App.config }, "config.kafka" => -> { Karafka::App.config.kafka },
    "WaterDrop config" => -> { WaterDrop.config }, "WaterDrop config.kafka" => -> { WaterDrop.config.kafka },
    "WaterDrop config.producer" => -> { WaterDrop.config.producer }
  }
  {
    "config" => {
      cient_id: "client_id", loger: "logger", parsers: "parser", batch_fetchin: "batch_fetching",
      conccurrency: "concurrency", shutdown_timout: "shutdown_timeout", seed_brokers: nil, kafka_hosts: nil,
      redis: nil, topic_maper: "topic_mapper"
    },
    "config.kafka" => {
      seed_broker: "seed_brokers", sesion_timeout: "session_timeout", max_wait: "max_wait_time", hosts: nil,
      start_from_begining: "start_from_beginning", "session.timeout.ms": "session_timeout", client_id: nil
    },
    "WaterDrop config" => { client: "client_id", send_messages: nil, delivr: "deliver", connection_pool: nil },
    "WaterDrop config.kafka" => { required_ack: "required_acks", hosts: nil, compresion_codec: "compression_codec" },
    "WaterDrop config.producer" => { compression: "compression_codec", acks: nil }
  }.each do |node, names|
    names.each do |name, nearest|
      it "are refused: #{node}.#{name}" do
        cure = nearest ? "did you mean #{nearest}?" : "known names: "
        settings = nodes.fetch(node).call
        refused(unknown, "#{node}.#{name} is not a setting (value: 5)", cure) { settings.public_send(:"#{name}=", 5) }
        refused(unknown, "#{node}.#{name} is not a setting", cure) { settings.public_send(name) }
      end
    end
  end

  BadInput::ODD.each do |what, (value, shown)|
    it "are refused with #{what} as their value" do
      refused(unknown, "config.zzz is not a setting (value: #{shown}") { Karafka::App.setup { |it| it.zzz = value } }
      refused(unknown, "config.zzz is not a setting (value: #{shown}") { WaterDrop.setup { |it| it.zzz = value } }
    end
  end

  it "are refused when they are groups of settings" do
    refused(unknown, "config.kafka is a group of settings", cure: /: set one of seed_brokers/) { config.kafka = {} }
    refused(unknown, "config.producer is a group", cure: /: set one of/) { WaterDrop.config.producer = :gzip }
  end

  describe "in combination" do
    def refuse(*parts, waterdrop: false)
      error_class = waterdrop ? WaterDrop::Errors::InvalidConfiguration : invalid
      refused(error_class, *parts) { waterdrop ? WaterDrop.setup : Karafka::App.boot! }
    end

    {
      "a certificate without its key" => [{ ssl_client_cert: "PEM" }, "ssl_client_cert is set and does"],
      "a key without its certificate" => [{ ssl_client_cert_key: "PEM" }, "ssl_client_cert_key is set and"],
      "a user without a password" => [{ sasl_plain_username: "me" }, "sasl_plain_username is set and does"],
      "a password without a user" => [{ sasl_plain_password: "pw" }, "sasl_plain_password is set and does"],
      "SCRAM without its hash" => [{ sasl_scram_username: "me", sasl_scram_password: "pw" }, "needs to know its hash"],
      "a wait above what a socket waits" => [{ max_wait_time: 31 }, "max_wait_time is 31 but must not be above socket"],
      "a longest pause below the shortest" => [{ pause_max_timeout: 5 }, "must not be below pause_timeout (10)"],
      "brokers with and without TLS" => [{ seed_brokers: %w[ssl://a:1 b:2] }, "mixes addresses with and without TLS"]
    }.each do |what, (values, shown)|
      it "refuse #{what}, at the root and in a group" do
        type = Class.new(Karafka::BaseController)
        refused(invalid, "consumer group g: ", shown) do
          Karafka::App.consumer_groups.draw do
            consumer_group :g do
              values.each { |name, value| public_send(name, value) }
              topic(:t) { controller type }
            end
          end
        end
        values.each { |name, value| config.kafka.public_send(:"#{name}=", value) }
        refuse(shown)
      end
    end

    it "refuse to wait for others as long as a message may take at all" do
      WaterDrop.config.kafka.seed_brokers = "127.0.0.1:1"
      WaterDrop.config.kafka.delivery_interval = 60
      refuse("delivery_interval is 60 but must be below delivery_timeout (60)", waterdrop: true)
    end

    it "tell every setting that is wrong at once" do
      wrong = Object.new.freeze
      [config, config.kafka, WaterDrop.config, WaterDrop.config.kafka].each do |settings|
        settings.class.defaults.each_key { |name| settings.public_send(:"#{name}=", wrong) }
      end
      WaterDrop.config.producer.compression_codec = wrong
      [[invalid, -> { Karafka::Setup::Config.validate! }, Karafka::Setup::Config, Karafka::Setup::KafkaSettings],
       [WaterDrop::Errors::InvalidConfiguration, -> { WaterDrop.setup }, WaterDrop::Config, WaterDrop::KafkaSettings]]
        .each do |error_class, check, root, kafka|
        error = raised(&check)
        expect(error.class).to eq error_class
        paths = root.defaults.keys.map(&:to_s) + kafka.defaults.keys.map { |name| "kafka.#{name}" }
        expect(error.problems.map { |problem| problem.path.delete_suffix("[0]") }).to include(*paths)
        expect(error.message.lines.size).to eq(error.problems.size + 1)
        expect(error.message.lines.drop(1)).to all(match(/\A  - \S+ is .+ but .+; \S.*$/))
      end
    end
  end
end
