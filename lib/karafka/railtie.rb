# frozen_string_literal: true

require "karafka_rs"

require_relative "rails/boot_file"
require_relative "rails/error_reports"

# Owns what the gem is in a Rails application: its defaults come from Rails, karafka.rb is loaded in every process, and
# code is reloaded. Runs on the main thread while the process boots. Must not read karafka.rb's settings.
module Karafka
  # Loaded with the gem when Rails is there, and by the command line before it loads a Rails application.
  # @example in config/environments/test.rb, to reach a real Kafka in tests
  #   config.karafka.deliver = true
  class Railtie < ::Rails::Railtie
    # `deliver`: false keeps what is produced in memory (see docs/testing.md), true sends it; nil is false in the test
    # environment, true elsewhere, and always in `karafka server`.
    config.karafka = ActiveSupport::OrderedOptions.new

    # What karafka.rb may change.
    initializer "karafka.defaults", before: "active_record.migration_error" do |app|
      Karafka.env = ::Rails.env
      Karafka.root = app.root
      App.config.logger = Instrumentation::LogTags.other_logger = -> { ::Rails.logger }
      reloading = !app.config.cache_classes
      App.config.executor = reloading ? app.reloader : app.executor
      Routing::Reference.reloading = reloading
      Routing::Reference.places = ->(name) { Rails::BootFile.places(name) }
      # Taken out of the settings by the initializer that follows.
      checked = app.config.respond_to?(:active_record) && app.config.active_record.migration_error == :page_load
      app.config.karafka.check_migrations = checked if app.config.karafka.check_migrations.nil?
    end

    # Before the adapter is looked up by its name.
    initializer "karafka.active_job", before: "active_job.set_configs" do
      require "karafka_rs/active_job" if defined?(::ActiveJob::Railtie)
    end

    # No user code runs then, and the next job loads what it needs.
    initializer "karafka.reload" do |app|
      app.reloader.after_class_unload { App.consumer_groups.forget_classes }
    end

    config.after_initialize do |app|
      Rails::BootFile.load(app)
      Karafka.monitor.subscribe(Rails::ErrorReports) if ::Rails.respond_to?(:error)
    end
  end
end
