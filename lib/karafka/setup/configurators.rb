# frozen_string_literal: true

# Owns the hooks that `boot!` runs: whoever has settings of their own takes ours here. Runs while the process boots.
module Karafka
  module Setup
    # Classes that `boot!` runs.
    module Configurators
      # Inherit and write `setup` to configure something with our settings.
      # @example
      #   class Redis < Karafka::Setup::Configurators::Base
      #     def setup
      #       ::Redis.logger = config.logger
      #     end
      #   end
      class Base
        # @return [Setup::Config]
        attr_reader :config

        # @return [Array<Class<Base>>] all classes below, oldest first: ours runs before users'
        def self.all
          @all ||= []
        end

        def self.inherited(type)
          super
          Base.all << type
        end

        # @param config [Setup::Config]
        def initialize(config)
          @config = config
        end

        # @return [void]
        def setup
          raise NotImplementedError, "#{self.class} has no setup; write `def setup ... end`"
        end
      end

      # Gives our settings to WaterDrop. What an application sets on WaterDrop itself comes after `boot!`.
      class WaterDrop < Base
        # @return [void]
        def setup
          ::WaterDrop.setup do |target|
            target.deliver = true
            target.client_id = config.client_id
            target.logger = config.logger
            ConnectionSettings.defaults.each_key do |name|
              target.kafka.public_send(:"#{name}=", config.kafka.public_send(name))
            end
          end
        end
      end
    end
  end
end
