# frozen_string_literal: true

# Owns the front door: settings, routes, boot, status. All state is the process', so a subclass and Karafka::App are the
# same thing. Must not know threads or the native part.
module Karafka
  # @example karafka.rb
  #   class App < Karafka::App
  #     setup do |config|
  #       config.client_id = "my_app"
  #       config.kafka.seed_brokers = %w[kafka://127.0.0.1:9092]
  #     end
  #
  #     consumer_groups.draw do
  #       topic(:events) { controller EventsController }
  #     end
  #   end
  #   App.boot!
  class App
    @status = Status.new

    class << self
      # Changes settings; may be called more than once.
      # @yieldparam config [Setup::Config]
      # @return [void]
      def setup(&block)
        status.initialize! if status.state.nil?
        Setup::Config.setup(&block)
        nil
      end

      # Checks the settings and gives them to everything that has its own: WaterDrop, then every
      # {Setup::Configurators::Base}. Comes after `setup` and the routes.
      # @return [void]
      # @raise [Errors::InvalidConfiguration] with every broken rule
      def boot!
        Setup::Config.validate!
        Tracing.detect
        Setup::Configurators::Base.all.each { |type| type.new(config).setup }
        Setup::Warnings.for(config, consumer_groups).each do |text|
          Karafka.monitor.instrument("app.warning", message: text)
        end
        Karafka.monitor.instrument("app.initialized")
        App.instance_variable_set(:@booted, true)
      end

      # @return [Boolean] did `boot!` come to its end?
      def booted?
        App.instance_variable_get(:@booted) || false
      end

      # @return [Setup::Config]
      def config
        Setup::Config.config
      end

      # @return [Routing::Builder] `draw` adds routes
      def consumer_groups
        Routing::Builder.instance
      end
      alias routes consumer_groups

      # @return [Status]
      # @api private
      def status
        App.instance_variable_get(:@status)
      end

      # Asks for a graceful stop. May be called twice, from any thread, and from a signal trap.
      # @return [void]
      def stop!
        status.stop!
        Server.wake
      end

      # Asks for nothing more to be consumed: running work ends and is committed, the partitions stay ours. Only a stop
      # follows. What TSTP does; for deployments that drain before they stop. May be called from a signal trap.
      # @return [void]
      def quiet!
        status.quiet!
        Server.wake
      end

      %i[initialize! run! stopped! initializing? running? quiet? stopping? stopped?].each do |name|
        define_method(name) { status.public_send(name) }
      end

      %i[root env logger monitor].each do |name|
        define_method(name) { Karafka.public_send(name) }
      end
    end
  end
end
