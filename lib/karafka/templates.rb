# frozen_string_literal: true

require "erb"
require "pathname"

# Owns the files that an application begins with, and those of one more consumer: which there are, and what is in them.
# The one source of `karafka install` and of the generators of Rails. Writes nothing.
module Karafka
  # Makes the text of files.
  # @api private
  class Templates
    FOLDER = File.expand_path("templates", __dir__)
    # Files of an application and their templates.
    PLAIN = {
      "karafka.rb" => "karafka.rb.erb",
      "app/controllers/application_controller.rb" => "application_controller.rb.erb",
      "app/controllers/examples_controller.rb" => "examples_controller.rb.erb",
      "app/responders/application_responder.rb" => "application_responder.rb.erb"
    }.freeze
    # Rails has controllers of its own, an ApplicationController too: ours are called consumers there.
    RAILS = {
      "karafka.rb" => "rails/karafka.rb.erb",
      "app/consumers/application_consumer.rb" => "application_controller.rb.erb",
      "app/responders/application_responder.rb" => "application_responder.rb.erb",
      "bin/karafka" => "rails/karafka.erb"
    }.freeze
    # What the tests of consumers require.
    TESTS = {
      rspec: { "spec/karafka_helper.rb" => "rails/karafka_helper.rb.erb" },
      test_unit: { "test/karafka_test_helper.rb" => "rails/karafka_test_helper.rb.erb" }
    }.freeze
    # To be run by their names.
    PROGRAMS = %w[bin/karafka].freeze

    # @return [Symbol, nil] :rspec or :test_unit, as the folders say
    def self.test_framework(root)
      { "spec" => :rspec, "test" => :test_unit }.find { |folder, _| Pathname.new(root).join(folder).directory? }&.last
    end

    # @param root [String, Pathname] the application's folder
    # @param rails [Boolean]
    # @param tests [Symbol, nil] a key of {TESTS}
    def initialize(root, rails:, tests: nil)
      @root = Pathname.new(root)
      @rails = rails
      @tests = tests
    end

    # @return [Hash{String => String}] text by path
    def files
      templates = @rails ? RAILS.merge(TESTS.fetch(@tests, {})) : PLAIN
      templates.transform_values { |template| render(template) }
    end

    # @param template [String] its path in {FOLDER}
    # @param consumer [ConsumerFiles, nil] which one the template is about
    # @return [String]
    def render(template, consumer = nil)
      text = File.read(File.join(FOLDER, template), encoding: "UTF-8")
      ERB.new(text, trim_mode: "-").result_with_hash(suffix: suffix, client_id: client_id, consumer: consumer)
    end

    private

    # How classes that consume are called here.
    def suffix
      @rails ? "Consumer" : "Controller"
    end

    def client_id
      name = File.basename(@root.expand_path.to_s).gsub(/[^A-Za-z0-9_.-]+/, "_")
      name.match?(/\A_*\z/) ? "app" : name
    end
  end
end
