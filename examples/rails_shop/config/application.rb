# frozen_string_literal: true

require_relative "boot"
require "rails"
require "active_record/railtie"
require "active_job/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "karafka_rs"

module RailsShop
  class Application < Rails::Application
    # Of the Rails that runs, 6.1 or later; an application of yours names one.
    config.load_defaults Rails::VERSION::STRING.to_f
    config.active_job.queue_adapter = :karafka
    config.secret_key_base = ENV.fetch("SECRET_KEY_BASE", "0" * 64)
    config.generators.system_tests = nil
  end
end
