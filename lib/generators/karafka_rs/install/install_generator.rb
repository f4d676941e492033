# frozen_string_literal: true

require "rails/generators"
require "karafka_rs"
require "karafka/templates"

# Owns `rails g karafka_rs:install`: the files that the Kafka side of a Rails application begins with. Runs in the
# generator's process. Must not know what is in the files.
module KarafkaRs
  # What `rails g karafka_rs:...` finds.
  module Generators
    # Makes karafka.rb, the parents of consumers and responders, the entry of their tests and bin/karafka.
    class InstallGenerator < ::Rails::Generators::Base
      desc "Make karafka.rb, the parents of consumers and responders, the entry of their tests and bin/karafka"

      # @return [void]
      def create_files
        tests = ::Rails::Generators.options[:rails][:test_framework]
        templates = Karafka::Templates.new(destination_root, rails: true, tests: tests)
        templates.files.each do |path, text|
          create_file(path, text)
          chmod(path, 0o755, verbose: false) if behavior == :invoke && Karafka::Templates::PROGRAMS.include?(path)
        end
      end
    end
  end
end
