# frozen_string_literal: true

require "optparse"

# Owns reading a command's options from its arguments, as the command declares them. Must not act on any.
module Karafka
  class Cli
    # Beside what OptionParser reads, `--consumer_groups` is `--consumer-groups`, and an option of type :array takes all
    # the words that follow it: `-g a b`, `-g a,b` and `-g a -g b` are the same.
    # @api private
    class Options
      # Types as Karafka 1.1 named them; any other is given to OptionParser.
      TYPES = { string: String, numeric: OptionParser::DecimalNumeric, array: Array }.freeze

      # @param title [String] first lines of the help
      # @param declared [Hash{Symbol => Hash}] see {Base.option}
      # @param command [String] as typed
      def initialize(title, declared, command)
        @declared = declared
        @command = command
        @values = declared.to_h { |name, how| [name, how[:default]] }
        @parser = OptionParser.new
        @parser.banner = title
        @parser.version = VERSION
        declared.each { |name, how| declare(name, how) }
        @parser.on("-h", "--help", "Show this") do
          puts @parser
          exit
        end
      end

      # @param arguments [Array<String>]
      # @return [Array(Hash{Symbol => Object}, Array<String>)] options, and the words that belong to none
      # @raise [UsageError]
      def parse(arguments)
        words = @parser.parse(spread(arguments.map { |word| dashes(word) }))
        [@values, words]
      rescue OptionParser::ParseError => e
        raise UsageError, "#{e.message}; see #{@command} --help"
      end

      private

      def declare(name, how)
        long = name.to_s.tr("_", "-")
        text = Array(how[:desc])
        return @parser.on(*short(how), "--[no-]#{long}", *text) { |on| @values[name] = on } if how[:type] == :boolean

        type = TYPES.fetch(how[:type], how[:type] || String)
        @parser.on(*short(how), "--#{long} #{how[:banner] || name.to_s.upcase}", type, *text) do |value|
          @values[name] = type == Array ? (@values[name] || []) + words(value, long) : value || how[:implied]
        end
      end

      # A variable of the shell that is not set would mean "all" otherwise.
      def words(list, option)
        return list unless list.empty? || list.any? { |word| word.to_s.strip.empty? }

        raise UsageError, "--#{option} was given an empty name; give names, or leave the option out"
      end

      def short(how)
        Array(how[:aliases]).map { |letter| "-#{letter.to_s.delete_prefix("-")}" }
      end

      def dashes(word)
        word.sub(/\A--[^=]+/) { |name| name.tr("_", "-") }
      end

      # Says the option again before each further word of a list.
      def spread(arguments)
        option = nil
        first = false
        arguments.flat_map do |word|
          if word.start_with?("-")
            option = lists.find { |list| word == list || word.start_with?("#{list}=") }
            first = !word.include?("=")
            next [word]
          end
          again = option && !first
          first = false
          again ? [option, word] : [word]
        end
      end

      def lists
        @lists ||= @declared.flat_map do |name, how|
          how[:type] == :array ? ["--#{name.to_s.tr("_", "-")}", *short(how)] : []
        end
      end
    end
  end
end
