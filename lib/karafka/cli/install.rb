# frozen_string_literal: true

require "fileutils"
require_relative "../templates"

# Owns `karafka install`: what an application needs to begin with. Must not touch a file that is there.
module Karafka
  class Cli
    class Install < Base
      desc "Make karafka.rb and the folders of an application here"

      FOLDERS = %w[app/models app/controllers app/responders config log tmp/pids].freeze

      # @return [void]
      def call
        FOLDERS.each { |folder| FileUtils.mkdir_p(Karafka.root.join(folder)) }
        rails = Rails::Boot.folder?(Karafka.root)
        tests = Templates.test_framework(Karafka.root)
        Templates.new(Karafka.root, rails: rails, tests: tests).files.each { |file, text| write(file, text) }
        puts "", rails ? "Next: rails generate karafka_rs:controller NAME; then, in two terminals:" :
                         "Next, in two terminals:",
             "  karafka broker --topic examples:3              # an in-memory Kafka; it prints its address",
             "  KAFKA_BROKERS=127.0.0.1:PORT karafka server    # consumes until Ctrl-C"
      rescue SystemCallError => e
        raise UsageError, "cannot write into #{Karafka.root} (#{e.message}); go to a folder of your own, or name one " \
                          "in KARAFKA_ROOT_DIR"
      end

      private

      def write(file, text)
        path = Karafka.root.join(file)
        return puts("  kept    #{file}") if path.exist?

        FileUtils.mkdir_p(path.dirname)
        path.write(text)
        path.chmod(0o755) if Templates::PROGRAMS.include?(file)
        puts "  created #{file}"
      end
    end
  end
end
