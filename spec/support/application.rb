# frozen_string_literal: true

# Owns setting a whole application up against an embedded broker, running its server on a thread, and putting every
# piece of global state back.
module Application
  # An embedded broker for the example.
  # @return [Karafka::EmbeddedBroker]
  def broker(topics = {})
    @broker ||= Karafka::EmbeddedBroker.start
    topics.each { |name, partitions| @broker.create_topic(name, partitions) }
    @broker
  end

  # Settings that make examples quick, then the example's own.
  def setup_application
    servers = ENV.fetch("KAFKA_BROKERS") { broker.bootstrap_servers }
    Karafka::App.setup do |config|
      config.client_id = "spec"
      config.logger = Logger.new(IO::NULL)
      config.kafka.seed_brokers = servers
      config.kafka.max_wait_time = 0.01
      config.kafka.pause_timeout = 0.05
      config.kafka.session_timeout = 6
      config.kafka.heartbeat_interval = 1
      config.shutdown_timeout = 20
      yield config if block_given?
    end
  end

  # Draws routes and boots.
  def draw(&block)
    Karafka::App.consumer_groups.draw(&block)
    Karafka::App.boot!
  end

  # Draws the topic `t` in a group of its own.
  def draw_topic(consumer, batch: true)
    draw do
      topic(:t) do
        controller consumer
        batch_consuming batch
      end
    end
  end

  # Runs the server on a thread of its own while the block runs, then stops it.
  # @return [Object] the block's result
  def serving
    server = Thread.new { Karafka::Server.run }
    yield
  ensure
    Karafka::App.stop!
    @stopped_clean = server.value
  end

  # A controller class with this `consume`; `log` inside it is a thread-safe Array that the example reads.
  def controller(log = [], parent: Karafka::BaseController, &consume)
    Class.new(parent) do
      define_method(:log) { log }
      define_method(:consume, &consume)
    end
  end

  def reset_application
    WaterDrop::Producers.close(5)
    Karafka::App.consumer_groups.clear
    Karafka::Setup::Config.reset! if Karafka::Setup::Config.respond_to?(:reset!)
    WaterDrop.reset! if WaterDrop.respond_to?(:reset!)
    Karafka::App.status.reset!
    Karafka::Server.consumer_groups = nil
    Karafka.reset_shared!
    @broker&.close
  end
end
