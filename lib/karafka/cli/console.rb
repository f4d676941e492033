# frozen_string_literal: true

require "rbconfig"

# Owns `karafka console`: becomes an IRB session with the application loaded. What happens in it is session.rb's.
module Karafka
  class Cli
    class Console < Base
      desc "Open IRB with the application loaded (short: karafka c)"

      # What the session runs, in a Ruby that has only this gem and, with Bundler, its bundle.
      SESSION = [
        RbConfig.ruby, "-I", File.expand_path("../..", __dir__), File.join(__dir__, "console/session.rb")
      ].freeze

      # @return [void]
      def call
        # It says what to do.
        return load_application unless Karafka.boot_file.exist?

        exec({ "KARAFKA_CONSOLE" => "true" }, *SESSION)
      end
    end
  end
end
