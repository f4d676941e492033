# frozen_string_literal: true

# Owns what all commands share: how they are declared, named, given their options, and how they load the application.
# A subclass is a command of its own, the application's too. Must not know any command.
module Karafka
  class Cli
    # Parent of the commands; `call` gets the words that belong to no option.
    class Base
      class << self
        # @return [String] the class' name in small letters
        def command_name
          name.split("::").last.downcase
        end

        # @param text [String, nil] what the command does, in a few words
        # @return [String]
        def desc(text = nil, *)
          @desc = text if text
          @desc.to_s
        end

        # Declares an option.
        # @param name [Symbol]
        # @param how [Hash] type (:string, :boolean, :array, :numeric or what OptionParser takes), default, aliases (one
        #   letter), desc, banner (in brackets when the value may be left out), implied (the value then)
        # @return [void]
        def option(name, how = {})
          options[name.to_sym] = how
        end

        # @return [Hash{Symbol => Hash}] as declared
        def options
          @options ||= superclass.respond_to?(:options) ? superclass.options.dup : {}
        end

        # Requires karafka.rb, which sets the application up; that of a Rails application comes with it.
        # @return [true]
        # @raise [Errors::MissingBootFile]
        def load_application
          file = Karafka.boot_file
          rails = Rails::Boot.folder
          unless file.exist?
            raise Errors::MissingBootFile, "#{file} does not exist; start from the application's root, name the file " \
                                           "in KARAFKA_BOOT_FILE, or make one with " \
                                           "#{rails ? "rails generate karafka_rs:install" : "karafka install"}"
          end

          Rails::Boot.load(rails) if rails
          require file.expand_path.to_s
          true
        end

        private

        def inherited(type)
          super
          Cli.types << type
        end
      end

      # @return [Hash{Symbol => Object}]
      attr_reader :options

      # @param arguments [Array<String>] after the command's name
      # @raise [UsageError]
      def initialize(arguments = [])
        command = "karafka #{self.class.command_name}"
        title = "Usage: #{[command, *words].join(" ")} [options]\n\n#{self.class.desc}\n\n"
        @options, @words = Options.new(title, self.class.options, command).parse(arguments)
        check_words(command)
      end

      # @return [void]
      # @api private
      def run
        call(*@words)
      end

      # Prints what `karafka info` prints.
      # @return [void]
      def info
        puts Info.lines
      end

      private

      # Karafka 1.1 kept options and the other commands in an object of its own.
      def cli
        self
      end

      def load_application
        Base.load_application
      end

      # What `call` takes, for the help.
      def words
        method(:call).parameters.filter_map do |kind, name|
          { req: name.to_s.upcase, opt: "[#{name.to_s.upcase}]", rest: "[#{name.to_s.upcase}...]" }[kind]
        end
      end

      def check_words(command)
        taken = method(:call).parameters.map(&:first)
        stray = @words[taken.size..].to_a.first
        raise UsageError, "#{stray} is nothing that #{command} takes; see #{command} --help" if
          stray && !taken.include?(:rest)

        missing = words[@words.size]
        raise UsageError, "#{command} wants #{missing}; see #{command} --help" if taken[@words.size] == :req && missing
      end
    end
  end
end
