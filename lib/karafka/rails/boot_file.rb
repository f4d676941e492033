# frozen_string_literal: true

require_relative "boot"

# Owns the loading of karafka.rb into a Rails application, once, and what is said when a route names a class that is
# not there. On the main thread, when the application is initialized.
module Karafka
  # What only Rails applications have.
  module Rails
    # karafka.rb of a Rails application.
    # @api private
    module BootFile
      # Folders of autoloaded code that an error text names, at most.
      SHOWN = 6

      class << self
        # @param app [Rails::Application]
        # @return [void]
        # @raise [Errors::MissingClass] a route names a class that is not there
        def load(app)
          file = Karafka.boot_file.expand_path.to_s
          # Who only produces needs none.
          boot(app, file) if File.exist?(file)
          capture if capture?(app.config.karafka.deliver)
        end

        # @param name [String] of a class
        # @return [String] where its file was looked for
        def places(name)
          root = "#{::Rails.root}/"
          folders = ::Rails.autoloaders.main.dirs.map { |folder| folder.delete_prefix(root) }
          folders = [name.end_with?("Responder") ? "app/responders" : "app/consumers"] | folders.grep_v(%r{/concerns\z})
          more = ", ..." if folders.size > SHOWN
          " (looked for #{name.underscore}.rb in #{folders.first(SHOWN).join(", ")}#{more})"
        end

        private

        def boot(app, file)
          # What connects to a database here gives the connection back.
          app.executor.wrap { require_boot_file(file) }
          App.boot! unless App.booted?
        end

        def require_boot_file(file)
          require file
        rescue NameError => e
          line = e.backtrace_locations&.first
          raise unless e.instance_of?(NameError) && e.name.to_s.match?(/\A[[:upper:]]/) && line&.absolute_path == file

          raise Errors::MissingClass, missing(e, "#{File.basename(file)}:#{line.lineno}")
        end

        def missing(error, place)
          receiver = error.receiver
          outer = "#{receiver}::" unless receiver == Object || (receiver.is_a?(Class) && receiver <= App)
          name = "#{outer}#{error.name}"
          route = error.instance_variable_get(:@karafka_route)
          "#{place}: #{"#{route} names " if route}#{name}, and there is no such class#{places(name)}; " \
            "define it, or mend the route"
        end

        def capture?(deliver)
          return false if Boot.serving?

          deliver.nil? ? ::Rails.env.test? : !deliver
        end

        def capture
          require "karafka_rs/testing"
          Karafka::Testing.capture!
        end
      end
    end
  end
end
