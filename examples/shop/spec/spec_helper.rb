# frozen_string_literal: true

# The whole application, and no broker: in this environment nothing is delivered (see karafka.rb).
ENV["KARAFKA_ENV"] = "test"
ENV["LOG_LEVEL"] = "fatal"
require_relative "../karafka"

# A controller as the route makes it, with messages for it.
module Consuming
  # @param topic [Symbol] of the route
  # @param payloads [Array<String, Hash>] as they come from Kafka; a Hash as JSON
  # @return [Object] what `consume` returned
  def consume(topic, *payloads)
    route = ShopApp.consumer_groups.flat_map(&:topics).find { |it| it.name == topic.to_s }
    controller = route.build_controller
    controller.params_batch = payloads.map { |it| { "value" => it.is_a?(Hash) ? it.to_json : it } }
    controller.call
  end
end

RSpec.configure do |config|
  config.disable_monkey_patching!
  config.include Consuming
end
