# frozen_string_literal: true

# Owns the front door of WaterDrop. All state is the process'.
module WaterDrop
  class << self
    # Changes settings, then checks all of them. Brokers and credentials count until the first message is sent,
    # `deliver` at each call.
    # @yieldparam config [Config]
    # @return [void]
    # @raise [Errors::InvalidConfiguration] with every broken rule
    def setup
      yield(config) if block_given?
      Contract.new(config).validate!
    end

    # @return [Config]
    def config
      @config ||= Config.new("WaterDrop config")
    end

    # @return [Logger]
    def logger
      @logger || config.logger
    end

    # @param logger [Logger, nil] nil goes back to the one of the settings
    # @raise [Errors::InvalidConfiguration] it cannot log
    def logger=(logger)
      rule = Karafka::Setup::Rules[:logger]
      if !(nil == logger) && rule.broken_by?(logger)
        shown = Karafka::Setup::Problems.show(:logger, logger)
        raise Errors::InvalidConfiguration, "WaterDrop.logger is #{shown} but #{rule.text}; give Logger.new($stdout)"
      end

      @logger = logger
    end

    # @return [Karafka::Monitor]
    def monitor
      Karafka.monitor
    end

    # @return [Pathname] directory of this gem
    def gem_root
      Karafka.gem_root
    end

    # @api private
    def reset!
      @config = @logger = nil
    end
  end
end
