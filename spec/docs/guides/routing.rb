# frozen_string_literal: true

# The controllers that the guide routes to, and settings to draw with.
class ApplicationController < Karafka::BaseController
  def consume; end
end

%w[Orders Signups Audit Metrics Far].each do |name|
  Object.const_set("#{name}Controller", Class.new(ApplicationController))
end

Karafka::App.setup do |config|
  config.client_id = "shop"
  config.logger = Logger.new(IO::NULL)
  config.kafka.seed_brokers = %w[kafka://127.0.0.1:9092]
end
