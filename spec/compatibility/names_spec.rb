# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that the constants which applications of Karafka 1.1 write are there, and their test vectors for names
# of groups, topics and brokers.
RSpec.describe "Names of Karafka 1.1" do
  include_context "with a fresh app"

  describe "errors" do
    %i[ParserError NonMatchingRouteError InvalidResponderUsage InvalidConfiguration MissingBootFile MissingConsumer
       InvalidPauseTimeout].each do |name|
      it "has Karafka::Errors::#{name}" do
        expect(Karafka::Errors.const_get(name).ancestors).to include(Karafka::Errors::BaseError, StandardError)
      end
    end

    it "has those of WaterDrop" do
      expect(WaterDrop::Errors::InvalidConfiguration.superclass).to be WaterDrop::Errors::BaseError
      expect(WaterDrop::Errors::InvalidMessageOptions.superclass).to be WaterDrop::Errors::BaseError
    end

    it "rescues deliveries that fail by the driver's names" do
      WaterDrop.setup do |config|
        config.kafka.seed_brokers = %w[kafka://127.0.0.1:1]
        config.kafka.delivery_timeout = 0.1
      end
      rescued = begin
        WaterDrop::SyncProducer.call("x", topic: "t")
      rescue Kafka::DeliveryFailed => e
        e
      end
      expect(rescued).to be_a(Kafka::Error)
      expect([Kafka::BufferOverflow, Kafka::ConnectionError].map(&:superclass)).to all(be Kafka::Error)
    ensure
      WaterDrop::Producers.close(1)
    end

    it "leaves the driver's own names alone where the driver is" do
      ended = run_child("p Kafka.constants, Kafka::Error.superclass", env: { "RUBYOPT" => "-r#{own_driver}" })
      expect([ended.code, ended.out]).to eq([0, ["[:Error]", "StandardError"]])
    end

    def own_driver
      file = Tempfile.new(%w[driver .rb])
      file.write("module Kafka; class Error < StandardError; end; end")
      file.close
      (@scripts ||= []) << file
      file.path
    end

    {
      MissingClient: :MissingConsumer, InvalidConfigurationError: :InvalidConfiguration,
      InvalidResponderUsageError: :InvalidResponderUsage, MissingBootFileError: :MissingBootFile,
      MissingClientError: :MissingConsumer, InvalidPauseTimeoutError: :InvalidPauseTimeout,
      UnregisteredMonitorEventError: :UnregisteredMonitorEvent, SerializationError: :ParserError,
      DeserializationError: :ParserError
    }.each do |later, name|
      it "knows #{name} by its later name #{later}" do
        expect(Karafka::Errors.const_get(later)).to be Karafka::Errors.const_get(name)
      end
    end

    it "knows options that a responder was given wrongly by their later name" do
      type = Class.new(Karafka::BaseResponder) do
        topic :out
        def respond = respond_to(:out, 1, partition: -1)
      end
      expect { type.call }.to raise_error(Karafka::Errors::InvalidResponderMessageOptions, /partition is -1/)
    end
  end

  it "has the constants that applications inherit from, call or configure" do
    names = %w[App BaseController BaseResponder Controllers::Callbacks Loader Logger Monitor Parsers::Json Process
               Routing::ConsumerMapper Routing::Router Routing::TopicMapper Server Setup::Configurators::Base VERSION
               Params::Params Params::ParamsBatch Connection::Consumer BaseConsumer Consumers::Callbacks
               Instrumentation::Listener Instrumentation::StdoutListener]
    expect(names.reject { |name| Object.const_defined?("Karafka::#{name}") }).to eq []
    expect([WaterDrop::SyncProducer, WaterDrop::AsyncProducer]).to all(respond_to(:call))
  end

  # client_id, group => id in Kafka
  {
    %w[example_app events] => "example_app_events", %w[ExampleApp g] => "example_app_g",
    %w[my-app My-Group] => "my_app_My-Group", %w[HTTPServerV2 x] => "http_server_v2_x"
  }.each do |(client, name), id|
    it "sends the group id #{id} for #{name} of #{client}" do
      Karafka::App.config.client_id = client
      type = Class.new(Karafka::BaseController)
      Karafka::App.consumer_groups.draw { consumer_group(name) { topic(:t) { controller type } } }
      expect(Karafka::Setup::Librdkafka.consumer(Karafka::App.consumer_groups.last)).to include(
        "group.id" => id, "client.id" => client
      )
    end
  end

  it "gives a simple route its group, with the names of 1.1" do
    type = Class.new(Karafka::BaseController)
    Karafka::App.consumer_groups.draw { topic(:solo) { controller type } }
    group = Karafka::App.consumer_groups.last
    expect([group.name, group.id, group.topics.first.id]).to eq %w[solo example_app_solo example_app_solo_solo]
  end

  # Valid in 1.1, and those that it should have taken.
  %w[kafka://h:9092 kafka+ssl://h:9093 kafka://my_host:9092 h:9092 127.0.0.1:9092 ssl://h:9093
     plaintext://h:9092].each do |broker|
    it("takes the broker #{broker}") { expect { boot([broker]) }.not_to raise_error }
  end

  %w[kafka://h h http://h:9092].each do |broker|
    it "refuses the broker #{broker}" do
      expect { boot([broker]) }.to raise_error(Karafka::Errors::InvalidConfiguration, /seed_brokers\[0\]/)
    end
  end

  %w[ok a.b-c_d].each do |name|
    it "takes the name #{name} everywhere" do
      expect { named(name) }.not_to raise_error
    end
  end

  ["", "a b", "a/b", "ż", "ok\n"].each do |name|
    it "refuses the name #{name.inspect} everywhere" do
      expect { named(name) }.to raise_error(Karafka::Errors::InvalidConfiguration, /group.*topic/m)
      expect { WaterDrop::SyncProducer.call("x", topic: name) }
        .to raise_error(WaterDrop::Errors::InvalidMessageOptions, /topic/)
      Karafka::App.config.client_id = name
      expect { Karafka::App.boot! }.to raise_error(Karafka::Errors::InvalidConfiguration, /client_id/)
    end
  end

  def boot(brokers)
    Karafka::App.config.kafka.seed_brokers = brokers
    Karafka::App.boot!
  end

  def named(name)
    type = Class.new(Karafka::BaseController)
    Karafka::App.consumer_groups.draw { consumer_group(name) { topic(name) { controller type } } }
  end
end
