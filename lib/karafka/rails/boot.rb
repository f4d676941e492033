# frozen_string_literal: true

# Owns how `karafka` starts a Rails application: which folder is one, what is loaded in which order, and what the server
# looks at before it consumes. On the main thread. Is loaded without Rails; must not load it where there is none.
module Karafka
  module Rails
    # The way of the command line into a Rails application.
    # @api private
    module Boot
      class << self
        # @return [Pathname, nil] the folder of the Rails application that karafka.rb belongs to
        def folder
          [Karafka.boot_file.expand_path.dirname, Karafka.root.expand_path].find { |folder| folder?(folder) }
        end

        # @param folder [Pathname]
        # @return [Boolean] is a Rails application there?
        def folder?(folder)
          %w[config/application.rb config/environment.rb].all? { |file| folder.join(file).exist? }
        end

        # This process is `karafka server`: what it produces is sent, in tests too.
        # @return [void]
        def serving!
          @serving = true
        end

        # @return [Boolean] is this process `karafka server`?
        def serving?
          @serving || false
        end

        # @return [Boolean] is a Rails application loaded?
        def loaded?
          @loaded || false
        end

        # Loads the application, and karafka.rb with it.
        # @param folder [Pathname]
        # @return [void]
        # @raise [Cli::UsageError] a file cannot be read as Ruby, or does not define what it is named after
        def load(folder)
          ENV["RAILS_ENV"] ||= ENV.fetch("KARAFKA_ENV", "").then { |name| name.empty? ? nil : name }
          boot = folder.join("config/boot.rb")
          require boot.to_s if boot.exist?
          require "rails"
          require_relative "../railtie"
          require folder.join("config/environment").to_s
          @loaded = true
        rescue SyntaxError => e
          raise Cli::UsageError, "the application cannot be loaded: #{e.message}"
        rescue NameError => e
          raise unless defined?(::Zeitwerk::NameError) && e.is_a?(::Zeitwerk::NameError)

          raise Cli::UsageError, "the application cannot be loaded: #{e.message}; define it, or rename the file"
        end

        # What comes before consuming, when the application is loaded.
        # @return [void]
        # @raise [Cli::UsageError] migrations are pending
        def prepare_server
          show_log if ::Rails.env.development? && App.config.logger.equal?(::Rails.logger)
          check_migrations if ::Rails.application.config.karafka.check_migrations
        end

        private

        # As the web's pages do in development.
        def check_migrations
          check = %i[check_all_pending! check_pending!].find { |name| ::ActiveRecord::Migration.respond_to?(name) }
          ::Rails.application.executor.wrap { ::ActiveRecord::Migration.public_send(check) }
        rescue ::ActiveRecord::PendingMigrationError
          raise Cli::UsageError, "migrations are pending; run bin/rails db:migrate RAILS_ENV=#{::Rails.env}"
        rescue ::ActiveRecord::ActiveRecordError => e
          # A web server starts without its database, too; a job that needs it fails, and comes again.
          text = "the database could not be asked for pending migrations (#{e.class}: #{e.message})"
          Karafka.monitor.instrument("app.warning", message: text)
        end

        # As `rails server` does.
        def show_log
          logger = ::Rails.logger
          return if ActiveSupport::Logger.logger_outputs_to?(logger, $stderr, $stdout)

          console = ActiveSupport::Logger.new($stdout)
          console.formatter = logger.formatter
          console.level = logger.level
          return logger.broadcast_to(console) if logger.respond_to?(:broadcast_to)

          logger.extend(ActiveSupport::Logger.broadcast(console))
        end
      end
    end
  end
end
