# frozen_string_literal: true

require "erb"
require "fileutils"

# Owns `karafka install`: what an application needs to begin with. Must not touch a file that is there.
module Karafka
  class Cli
    class Install < Base
      desc "Make karafka.rb and the folders of an application here"

      TEMPLATES = File.expand_path("../templates", __dir__)
      # Files and their templates.
      PLAIN = {
        "karafka.rb" => "karafka.rb.erb",
        "app/controllers/application_controller.rb" => "application_controller.rb.erb",
        "app/controllers/examples_controller.rb" => "examples_controller.rb.erb",
        "app/responders/application_responder.rb" => "application_responder.rb.erb"
      }.freeze
      # Rails has controllers of its own, an ApplicationController too: ours are called consumers there.
      RAILS = {
        "karafka.rb" => "karafka.rb.erb",
        "app/consumers/application_consumer.rb" => "application_controller.rb.erb",
        "app/consumers/examples_consumer.rb" => "examples_controller.rb.erb",
        "app/responders/application_responder.rb" => "application_responder.rb.erb"
      }.freeze
      FOLDERS = %w[app/models app/controllers app/responders config log tmp/pids].freeze

      # @return [void]
      def call
        FOLDERS.each { |folder| FileUtils.mkdir_p(Karafka.root.join(folder)) }
        (rails? ? RAILS : PLAIN).each { |file, template| write(file, template) }
        puts "", "Next, in two terminals:",
             "  karafka broker --topic examples:3              # an in-memory Kafka; it prints its address",
             "  KAFKA_BROKERS=127.0.0.1:PORT karafka server    # consumes until Ctrl-C"
      rescue SystemCallError => e
        raise UsageError, "cannot write into #{Karafka.root} (#{e.message}); go to a folder of your own, or name one " \
                          "in KARAFKA_ROOT_DIR"
      end

      private

      def write(file, template)
        path = Karafka.root.join(file)
        return puts("  kept    #{file}") if path.exist?

        FileUtils.mkdir_p(path.dirname)
        path.write(ERB.new(File.read(File.join(TEMPLATES, template)), trim_mode: "-").result(binding))
        puts "  created #{file}"
      end

      # What the templates ask.

      def rails?
        %w[config/application.rb config/environment.rb].all? { |file| Karafka.root.join(file).exist? }
      end

      # How classes that consume are called here.
      def suffix
        rails? ? "Consumer" : "Controller"
      end

      def client_id
        name = File.basename(Karafka.root.expand_path.to_s).gsub(/[^A-Za-z0-9_.-]+/, "_")
        name.match?(/\A_*\z/) ? "app" : name
      end
    end
  end
end
