# frozen_string_literal: true

# Owns the single rules that values can break, each with its text. Pure; knows no setting by name.
module Karafka
  module Setup
    # @api private
    module Rules
      # What Karafka 1.1 allows in names of clients, groups and topics.
      NAME = /\A(\w|-|\.)+\z/
      # Kafka's own limit for topic names.
      NAME_LIMIT = 249

      Rule = Struct.new(:text, :check) do
        def broken_by?(value)
          !check.call(value)
        rescue StandardError
          # What cannot even be asked (a BasicObject, a String of broken bytes) obeys no rule.
          true
        end
      end

      number = ->(value) { value.is_a?(Integer) || (value.is_a?(Float) && value.finite?) }
      boolean = ->(value) { [true, false].include?(value) }
      text = ->(value) { value.is_a?(String) && !value.strip.empty? }

      ALL = {
        name: Rule.new("must be 1 to #{NAME_LIMIT} ASCII letters, digits, dots, dashes or underscores in a String",
                       ->(v) { v.is_a?(String) && v.size <= NAME_LIMIT && NAME.match?(v) }),
        boolean: Rule.new("must be true or false", boolean),
        optional_boolean: Rule.new("must be true, false or nil", ->(v) { v.nil? || boolean.call(v) }),
        positive: Rule.new("must be a number above 0", ->(v) { number.call(v) && v.positive? }),
        optional_positive: Rule.new("must be a number above 0, or nil",
                                    ->(v) { v.nil? || (number.call(v) && v.positive?) }),
        not_negative: Rule.new("must be a number from 0 up", ->(v) { number.call(v) && !v.negative? }),
        optional_not_negative: Rule.new("must be a number from 0 up, or nil",
                                        ->(v) { v.nil? || (number.call(v) && !v.negative?) }),
        positive_integer: Rule.new("must be an Integer above 0", ->(v) { v.is_a?(Integer) && v.positive? }),
        whole: Rule.new("must be an Integer from 0 up", ->(v) { v.is_a?(Integer) && !v.negative? }),
        optional_whole: Rule.new("must be an Integer from 0 up, or nil",
                                 ->(v) { v.nil? || (v.is_a?(Integer) && !v.negative?) }),
        optional_integer: Rule.new("must be an Integer or nil", ->(v) { v.nil? || v.is_a?(Integer) }),
        socket_timeout: Rule.new("must be a number from 0.01 to 300",
                                 ->(v) { number.call(v) && v.between?(0.01, 300) }),
        text: Rule.new("must be a String that is not empty", text),
        optional_string: Rule.new("must be a String or nil", ->(v) { v.nil? || v.is_a?(String) }),
        scram: Rule.new('must be "sha256", "sha512" or nil', ->(v) { [nil, "sha256", "sha512"].include?(v) }),
        backend: Rule.new("must be :inline or :sidekiq", ->(v) { %i[inline sidekiq].include?(v) }),
        parser: Rule.new("must answer parse(string) and generate(object)",
                         ->(v) { v.respond_to?(:parse) && v.respond_to?(:generate) }),
        logger: Rule.new("must answer info and error like a Logger",
                         ->(v) { v.respond_to?(:info) && v.respond_to?(:error) }),
        monitor: Rule.new("must answer notice and notice_error",
                          ->(v) { v.respond_to?(:notice) && v.respond_to?(:notice_error) }),
        consumer_mapper: Rule.new("must answer call(group_name)", ->(v) { v.respond_to?(:call) }),
        topic_mapper: Rule.new("must answer incoming(topic_name) and outgoing(topic_name)",
                               ->(v) { v.respond_to?(:incoming) && v.respond_to?(:outgoing) })
      }.freeze

      # @param name [Symbol]
      # @return [Rule]
      def self.[](name)
        ALL.fetch(name)
      end
    end
  end
end
