# frozen_string_literal: true

# Owns the default way from a group's name to its id in Kafka. Pure. The formula must never change: another id is
# another group, which starts without offsets.
module Karafka
  module Routing
    # @example client_id "ExampleApp"
    #   Karafka::Routing::ConsumerMapper.call("events") # => "example_app_events"
    module ConsumerMapper
      # Where a new word starts inside camel case: "aB", or the last capital of "ABc".
      WORD_START = /(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z\d])(?=[A-Z][a-z])/

      class << self
        # @param raw_consumer_group_name [String, Symbol]
        # @return [String] group id
        def call(raw_consumer_group_name)
          "#{underscore(Karafka::App.config.client_id.to_s)}_#{raw_consumer_group_name}"
        end

        private

        # Karafka 1.1 used ActiveSupport here, which knows the acronyms an application has taught it.
        def underscore(name)
          return ::ActiveSupport::Inflector.underscore(name) if defined?(::ActiveSupport::Inflector.underscore)
          return name unless name.match?(/[A-Z-]|::/)

          name.gsub("::", "/").gsub(WORD_START, "_").tr("-", "_").downcase
        end
      end
    end
  end
end
