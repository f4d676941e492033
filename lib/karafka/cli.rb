# frozen_string_literal: true

# Owns the `karafka` executable: finds the command, turns errors into one line and an exit code. On the main thread.
# Exit codes: 0 all well, 1 wrong use or a boot error, 2 work was left behind at a stop, 130 interrupted.
module Karafka
  # A class, as it was in Karafka 1.1, so that applications may open it to add their own commands.
  # @example in karafka.rb, or in a file that it loads; then `karafka greet --name Anna` works
  #   class Karafka::Cli::Greet < Karafka::Cli::Base
  #     desc "Say hello"
  #     option :name, type: :string, default: "you", aliases: :n
  #
  #     def call
  #       puts "Hello #{cli.options[:name]}"
  #     end
  #   end
  class Cli
    # A wrong call.
    UsageError = Class.new(StandardError)

    class << self
      # @return [Array<Class>] commands, anonymous ones too; they add themselves
      # @api private
      def types
        @types ||= []
      end

      # @return [Hash{String => Class}] by name
      def commands
        types.select(&:name).to_h { |type| [type.command_name, type] }
      end

      # @param arguments [Array<String>]
      # @return [Integer] exit code
      def start(arguments)
        run(*readable(arguments))
        0
      rescue Errors::UnknownSetting => e
        place = e.backtrace.find { |line| !line.start_with?(Karafka.core_root.to_s) }
        mistake("#{e.message} (#{place})")
      rescue UsageError, Errors::BaseError, WaterDrop::Errors::BaseError => e
        mistake(e.message)
      rescue Interrupt
        130
      end

      private

      # One line, whatever a library has to say.
      def mistake(text)
        warn "karafka: #{text.scrub("?").split.join(" ")}"
        1
      end

      def readable(arguments)
        broken = arguments.find { |word| !word.valid_encoding? }
        return arguments unless broken

        raise UsageError, "the argument #{broken.scrub("?").inspect} is not #{broken.encoding}; type it anew"
      end

      def run(name = nil, *rest)
        return version if %w[-v --version version].include?(name)
        return find(name).new(rest).run unless [nil, "help", "-h", "--help"].include?(name)

        rest.empty? ? help : find(rest.first).new(["--help"]).run
      end

      # The application may have commands of its own.
      def find(word)
        choose(word) || (Base.load_application if Karafka.boot_file.exist?) && choose(word) || unknown(word)
      end

      # Any beginning that fits one command only, so `karafka s` is `karafka server`.
      def choose(word)
        fitting = fitting(word)
        commands[word] || (commands.fetch(fitting.first) if fitting.one?)
      end

      def fitting(word)
        commands.keys.select { |name| name.start_with?(word) }
      end

      def unknown(word)
        fitting = fitting(word)
        known = (fitting.empty? ? commands.keys : fitting).sort.join(", ")
        raise UsageError, "#{word} is #{fitting.empty? ? "not a command" : "short for more than one command"}; " \
                          "use one of: #{known}"
      end

      def help
        width = commands.keys.map(&:size).max
        puts "Usage: karafka COMMAND [options]     (a beginning of the name is enough: karafka s)", ""
        commands.sort.each { |name, type| puts "  #{name.ljust(width)}  #{type.desc}" }
        puts "", "karafka COMMAND --help tells the options. Commands that karafka.rb defines are run the same way."
      end

      def version
        puts "karafka_rs #{VERSION} (librdkafka #{Native.librdkafka_version})"
      end
    end
  end
end

require_relative "rails/boot"
require_relative "cli/options"
require_relative "cli/base"
require_relative "cli/table"
require_relative "cli/cluster"
require_relative "cli/pid_file"
require_relative "cli/daemon"
require_relative "cli/broker"
require_relative "cli/console"
require_relative "cli/flow"
require_relative "cli/info"
require_relative "cli/install"
require_relative "cli/pace"
require_relative "cli/screen"
require_relative "cli/lag"
require_relative "cli/server"
require_relative "cli/topics"
