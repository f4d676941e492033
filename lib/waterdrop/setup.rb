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

    # In place of the setting's.
    attr_writer :logger

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
