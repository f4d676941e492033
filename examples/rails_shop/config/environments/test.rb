# frozen_string_literal: true

Rails.application.configure do
  config.cache_classes = true
  config.eager_load = false
  config.consider_all_requests_local = true
  config.action_dispatch.show_exceptions = Rails::VERSION::STRING < "7.1" ? false : :none
  config.active_job.queue_adapter = :test
  config.action_controller.allow_forgery_protection = false
end
