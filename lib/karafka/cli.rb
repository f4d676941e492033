# frozen_string_literal: true

require "optparse"

# Owns the `karafka` executable: finds the command, loads the application, turns errors into one line and an exit code.
# Runs on the main thread. Exit codes: 0 all well, 1 wrong use or a boot error, 2 work was left behind at a stop.
module Karafka
  module Cli
    # A wrong call.
    UsageError = Class.new(StandardError)

    class << self
      # Commands add themselves.
      # @return [Hash{String => Class}] by name
      def commands
        @commands ||= {}
      end

      # @param arguments [Array<String>]
      # @return [Integer] exit code
      def start(arguments)
        name, *rest = arguments
        return help if name.nil? || %w[help -h --help].include?(name)
        return version if %w[-v --version version].include?(name)

        find(name).new(rest).call
      rescue Errors::UnknownSetting => e
        place = e.backtrace.find { |line| !line.start_with?(Karafka.core_root.to_s) }
        warn "karafka: #{e.message} (#{place})"
        1
      rescue UsageError, OptionParser::ParseError, Errors::BaseError, WaterDrop::Errors::BaseError => e
        warn "karafka: #{e.message}"
        1
      end

      private

      # Any beginning that fits one command only, so `karafka s` is `karafka server`.
      def find(word)
        return commands.fetch(word) if commands.key?(word)

        fitting = commands.keys.select { |name| name.start_with?(word) }
        return commands.fetch(fitting.first) if fitting.one?

        known = (fitting.empty? ? commands.keys : fitting).sort.join(", ")
        raise UsageError, "#{word} is #{fitting.empty? ? "not a command" : "short for more than one command"}; " \
                          "use one of: #{known}"
      end

      def help
        width = commands.keys.map(&:size).max
        puts "Usage: karafka COMMAND [options]     (a beginning of the name is enough: karafka s)", ""
        commands.sort.each { |name, type| puts "  #{name.ljust(width)}  #{type::SUMMARY}" }
        puts "", "karafka COMMAND --help tells the options."
        0
      end

      def version
        puts "karafka_rs #{VERSION} (librdkafka #{Native.librdkafka_version})"
        0
      end
    end

    # Parent of the commands.
    class Base
      # @param arguments [Array<String>] after the command's name
      def initialize(arguments)
        parser = OptionParser.new
        parser.banner = "Usage: karafka #{self.class::NAME} [options]\n\n#{self.class::SUMMARY}\n\n"
        options(parser)
        left = parser.parse(arguments)
        raise UsageError, "#{left.first} is not an option of karafka #{self.class::NAME}; try --help" if left.any?
      end

      private

      def options(parser); end

      # Requires karafka.rb, which sets the application up.
      def load_application
        file = Karafka.boot_file
        unless file.exist?
          raise Errors::MissingBootFile, "#{file} does not exist; start from the application's root, " \
                                         "or name the file in KARAFKA_BOOT_FILE"
        end

        require file.expand_path.to_s
      end
    end
  end
end

require_relative "cli/broker"
require_relative "cli/info"
require_relative "cli/server"
