# frozen_string_literal: true

# Owns the single rules that values can break, each with its text. Pure; knows no setting by name.
module Karafka
  # Settings: what there is, what is allowed, what librdkafka is told.
  module Setup
    # @api private
    module Rules
      # What Karafka 1.1 allows in names of clients, groups and topics.
      NAME = /\A(\w|-|\.)+\z/
      # Kafka's own limit for topic names.
      NAME_LIMIT = 249
      # What matches {NAME} and is no topic in Kafka.
      RESERVED = %w[. ..].freeze

      Rule = Struct.new(:text, :check) do
        def broken_by?(value)
          !check.call(value)
        rescue StandardError
          # What cannot even be asked (a BasicObject, a String of broken bytes) obeys no rule.
          true
        end
      end

      # Seconds of a year: more is never meant, and counts as for ever nowhere.
      YEAR = 31_536_000
      # What librdkafka and the core take as a whole number.
      LARGEST = (2**31) - 1

      # @param least [Numeric]
      # @param most [Numeric] what librdkafka takes; beyond it it would count from the other end
      # @return [Rule] for seconds
      def self.number(least, most, optional: false)
        text = "must be a number from #{least} to #{most}#{", or nil" if optional}"
        Rule.new(text, lambda do |v|
          (optional && v.nil?) || (v.is_a?(Integer) || (v.is_a?(Float) && v.finite?)) && v.between?(least, most)
        end)
      end

      # @param least [Integer]
      # @param most [Integer]
      # @return [Rule]
      def self.integer(least, most, optional: false)
        text = "must be an Integer from #{least} to #{most}#{", or nil" if optional}"
        Rule.new(text, ->(v) { (optional && v.nil?) || (v.is_a?(Integer) && v.between?(least, most)) })
      end

      # @param values [Array<Symbol>]
      # @return [Rule]
      def self.one_of(*values)
        Rule.new("must be #{list(values, "or")}", ->(v) { values.include?(v) })
      end

      # @param values [Array<Symbol>]
      # @return [Rule]
      def self.some_of(*values)
        Rule.new("must be an Array of #{list(values, "and")}, or of some of them",
                 ->(v) { Array === v && v.uniq.size == v.size && (v - values).empty? })
      end

      def self.list(values, last)
        values.map(&:inspect).join(", ").sub(/, (\S+)\z/, " #{last} \\1")
      end
      private_class_method :list

      # @return [Boolean] a BasicObject answers nothing
      def self.answers?(object, *names)
        names.all? { |name| object.respond_to?(name) }
      rescue NoMethodError
        false
      end

      # What pretends to be a number, such as the durations of ActiveSupport, is one.
      # @return [Boolean] a number of seconds, from 0 up?
      def self.seconds?(value)
        value.is_a?(Numeric) && value.real? && value >= 0
      rescue NoMethodError
        false
      end

      # @return [Boolean] may a topic be called so?
      def self.topic?(name)
        String === name && name.ascii_only? && NAME.match?(name) && name.size <= NAME_LIMIT &&
          !RESERVED.include?(name)
      end

      boolean = ->(value) { [true, false].include?(value) }
      # The bytes go to librdkafka, whatever they are tagged as.
      clean = lambda do |value|
        value.is_a?(String) && !value.include?("\0") && value.dup.force_encoding(Encoding::UTF_8).valid_encoding?
      end

      ALL = {
        name: Rule.new("must be 1 to #{NAME_LIMIT} ASCII letters, digits, dots, dashes or underscores in a String",
                       ->(v) { v.is_a?(String) && v.size <= NAME_LIMIT && NAME.match?(v) }),
        topic: Rule.new("must be 1 to #{NAME_LIMIT} ASCII letters, digits, dots, dashes or underscores in a String, " \
                        "and more than one or two dots", ->(v) { topic?(v) }),
        boolean: Rule.new("must be true or false", boolean),
        optional_boolean: Rule.new("must be true, false or nil", ->(v) { v.nil? || boolean.call(v) }),
        optional_integer: Rule.new("must be an Integer or nil", ->(v) { v.nil? || v.is_a?(Integer) }),
        optional_string: Rule.new("must be a String of UTF-8 without NUL bytes, or nil",
                                  ->(v) { v.nil? || clean.call(v) }),
        # Given and empty: an environment variable that is not set, as a rule.
        optional_text: Rule.new("must be a String of UTF-8 without NUL bytes that is not empty, or nil",
                                ->(v) { v.nil? || (clean.call(v) && !v.strip.empty?) }),
        property: Rule.new("must be a String of UTF-8 without NUL bytes, a Symbol, a number, true, false or nil",
                           lambda do |v|
                             v.nil? || v.is_a?(Integer) || (v.is_a?(Float) && v.finite?) || boolean.call(v) ||
                               clean.call(v.is_a?(Symbol) ? v.name : v)
                           end),
        scram: Rule.new('must be "sha256", "sha512" or nil', ->(v) { [nil, "sha256", "sha512"].include?(v) }),
        backend: one_of(:inline, :sidekiq),
        parser: Rule.new("must answer parse(string) and generate(object)",
                         ->(v) { answers?(v, :parse, :generate) }),
        logger: Rule.new("must answer info and error like a Logger",
                         ->(v) { answers?(v, :info, :error) }),
        monitor: Rule.new("must answer notice and notice_error",
                          ->(v) { answers?(v, :notice, :notice_error) }),
        executor: Rule.new("must answer wrap with a block, or be nil", ->(v) { v.nil? || answers?(v, :wrap) }),
        consumer_mapper: Rule.new("must answer call(group_name)", ->(v) { answers?(v, :call) }),
        topic_mapper: Rule.new("must answer incoming(topic_name) and outgoing(topic_name)",
                               ->(v) { answers?(v, :incoming, :outgoing) })
      }.freeze

      # @param name [Symbol, Rule]
      # @return [Rule]
      def self.[](name)
        name.is_a?(Rule) ? name : ALL.fetch(name)
      end
    end
  end
end
