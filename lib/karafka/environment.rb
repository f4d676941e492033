# frozen_string_literal: true

require "pathname"

# Owns where and as what the application runs: root, boot file, environment name. Reads environment variables only
# here. Must not touch settings.
module Karafka
  # Name of the environment that answers questions.
  # @example
  #   Karafka.env.production?
  class Environment < String
    # Where the name is looked for, first match wins.
    VARIABLES = %w[KARAFKA_ENV RAILS_ENV RACK_ENV].freeze
    # When none of them says anything.
    DEFAULT = "development"

    # @param variables [#[]] usually ENV
    # @return [Environment]
    def self.detect(variables = ENV)
      name = VARIABLES.map { |variable| variables[variable] }.find { |value| value && !value.empty? }
      new(name || DEFAULT)
    end

    private

    def respond_to_missing?(name, include_private = false)
      name.end_with?("?") || super
    end

    def method_missing(name, *arguments)
      return super unless name.end_with?("?") && arguments.empty?

      self == name.name.delete_suffix("?")
    end
  end

  class << self
    # @return [Environment] KARAFKA_ENV, RAILS_ENV, RACK_ENV or "development"
    def env
      @env ||= Environment.detect
    end
    alias environment env

    # @param name [String, Symbol]
    def env=(name)
      @env = Environment.new(name.to_s)
    end
    alias environment= env=

    # @return [Pathname] KARAFKA_ROOT_DIR, else that of the Rails application, else the directory of the Gemfile in use,
    #   else the current directory
    def root
      return Pathname.new(ENV["KARAFKA_ROOT_DIR"]) unless ENV.fetch("KARAFKA_ROOT_DIR", "").empty?
      return @root if @root
      return Pathname.new(File.dirname(ENV["BUNDLE_GEMFILE"])) unless ENV.fetch("BUNDLE_GEMFILE", "").empty?

      Pathname.pwd
    end

    # @param path [String, Pathname, nil]
    # @api private
    def root=(path)
      @root = path && Pathname.new(path)
    end

    # @return [Pathname] KARAFKA_BOOT_FILE, else karafka.rb in {root}
    def boot_file
      path = ENV.fetch("KARAFKA_BOOT_FILE", "")
      path.empty? ? root.join("karafka.rb") : Pathname.new(path)
    end

    # @return [Pathname] directory of this gem
    def gem_root
      Pathname.new(File.expand_path("../..", __dir__))
    end

    # @return [Pathname] directory of this gem's Ruby code
    def core_root
      Pathname.new(__dir__)
    end
  end
end
