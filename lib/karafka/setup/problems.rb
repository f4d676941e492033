# frozen_string_literal: true

# Owns how a broken rule is described: path, value, rule, cure. Collects all of them, so that a user mends a
# configuration in one go. Must not print secrets.
module Karafka
  module Setup
    # One broken rule.
    Problem = Struct.new(:path, :value, :rule, :cure) do
      # @return [String] one line: what, the value, what to do
      def to_s
        "#{path} is #{Problems.show(path, value)} but #{rule}; #{cure}"
      end
    end

    # The broken rules of one check.
    # @api private
    class Problems
      SECRET = /pass?w|secret|token|key\z|_cert\z/i
      LIMIT = 120

      # @param path [String, Symbol] name of the setting
      # @param value [Object]
      # @return [String] the value for an error text; secrets are hidden and long values cut
      def self.show(path, value)
        return "[hidden]" if value && SECRET.match?(path.to_s)

        text = value.inspect
        text.size > LIMIT ? "#{text[0, LIMIT]}..." : text
      end

      # @return [Array<Problem>]
      attr_reader :list

      def initialize
        @list = []
      end

      # @return [void]
      def add(path, value, rule, cure)
        @list << Problem.new(path, value, rule, cure) unless @list.any? { |it| it.path == path && it.rule == rule }
      end

      # @param what [String] start of the sentence, for example "invalid settings"
      # @param error_class [Class] class to raise
      # @return [void]
      # @raise [Errors::InvalidConfiguration] when there is a problem
      def raise!(what, error_class = Errors::InvalidConfiguration)
        return if @list.empty?
        raise error_class.new("#{what}: #{@list.first}", problems: @list) if @list.one?

        lines = @list.map { |problem| "\n  - #{problem}" }.join
        raise error_class.new("#{what} (#{@list.size} problems):#{lines}", problems: @list)
      end
    end
  end
end
