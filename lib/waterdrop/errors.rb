# frozen_string_literal: true

# Owns WaterDrop's errors. What Kafka itself refuses is a Karafka::Errors::KafkaError.
module WaterDrop
  # Errors raised before anything is sent.
  module Errors
    # Parent of all errors below.
    BaseError = Class.new(StandardError)

    # Settings break a rule. All broken rules are reported at once.
    class InvalidConfiguration < BaseError
      include Karafka::Errors::WithProblems
    end

    # A message has options that are unknown or break a rule.
    InvalidMessageOptions = Class.new(BaseError)
  end
end
