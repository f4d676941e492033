# frozen_string_literal: true

require "fileutils"
require "logger"
require "singleton"

# Owns the default logger: standard output and log/<environment>.log, as in Karafka 1.1. Called from every thread.
module Karafka
  # Replace it with `config.logger = Rails.logger`.
  class Logger < ::Logger
    include Singleton

    # Level per environment; INFO in all others.
    LEVELS = { "production" => ERROR, "test" => ERROR, "development" => INFO, "debug" => DEBUG }.freeze

    def initialize
      super(Device.new($stdout, Karafka.root.join("log", "#{Karafka.env}.log")))
      self.level = LEVELS.fetch(Karafka.env.to_s, INFO)
      @json = JsonFormatter.new
    end

    private

    # Looked up for each line: settings come later than the first of them.
    def format_message(severity, time, progname, message)
      return super if formatter || App.config.log.format != :json

      @json.call(severity, time, progname, message)
    end

    # Writes to standard output and to a file, to each though the other fails. The file is opened at the first line, so
    # that a process that logs nothing leaves nothing behind; a disk that cannot be written to leaves standard output.
    # @api private
    class Device
      # @param stdout [IO]
      # @param path [Pathname]
      def initialize(stdout, path)
        @stdout = stdout
        @path = path
      end

      # @param line [String]
      # @return [void]
      # @raise [SystemCallError, IOError] what kept it from one of them; Ruby's Logger tells standard error
      def write(line)
        failures = [failure_of(@stdout, line), failure_of(file, line)].compact
        raise failures.first if failures.any?
      end

      # @return [void]
      def close
        @file&.close
      end

      private

      def failure_of(target, line)
        target&.write(line)
        nil
      rescue SystemCallError, IOError => e
        e
      end

      def file
        return @file if defined?(@file)

        @file = open_file
      end

      def open_file
        FileUtils.mkdir_p(@path.dirname)
        File.open(@path, "a").tap { |file| file.sync = true }
      rescue SystemCallError => e
        failure_of(@stdout, "cannot write #{@path} (#{e.class}); logging to standard output only\n")
        nil
      end
    end
  end
end
