# frozen_string_literal: true

# Owns how a broken rule is described: path, value, rule, cure. Collects all of them, so that a user mends a
# configuration in one go. Must not print secrets, and must not fail at the value it describes.
module Karafka
  module Setup
    # One broken rule.
    Problem = Struct.new(:path, :value, :rule, :cure) do
      # @return [String] one line: what, the value, what to do
      def to_s
        "#{path} is #{Problems.show(path, value)} but #{rule}; #{cure}"
      end

      # Error trackers look into errors, and the value may be a secret.
      alias_method :inspect, :to_s
    end

    # The broken rules of one check.
    # @api private
    class Problems
      SECRET = /pa?ss?w|passphrase|pwd|secret|token|jaas|key\z|_cert\z/i
      # Secrets inside of a value that was given to something else: PEM, `password=`, `"sasl.password" => `.
      INSIDE = /-----BEGIN|(passw|secret|token)[\w.]*["']?\s*(=|:|,)/i
      # `user:password@` in an address.
      CREDENTIALS = /[^\s",]+:[^\s"]*@/
      HIDDEN = "[hidden]"
      LIMIT = 120
      # What describing an object may raise: there are some that refuse, or never end.
      REFUSALS = [StandardError, ScriptError, SystemStackError].freeze
      TYPE = Kernel.instance_method(:class)
      private_constant :INSIDE, :CREDENTIALS, :REFUSALS, :TYPE

      class << self
        # @param names [String, Symbol, Array<String, Symbol>] what the value was given to, and what was meant by it
        # @param value [Object]
        # @return [String] one line for an error text; secrets are hidden and long values cut
        def show(names, value)
          return HIDDEN if value && Array(names).any? { |name| secret?(name) }

          text = line(value)
          return HIDDEN if INSIDE.match?(text)

          text = text.gsub(CREDENTIALS, "#{HIDDEN}@")
          text.size > LIMIT ? "#{text[0, LIMIT]}..." : text
        end

        # @param value [Object] a BasicObject too
        # @return [Class]
        def type(value)
          TYPE.bind_call(value)
        end

        private

        # By its bytes, because a name may be as wrong as a value.
        def secret?(name)
          (String === name || Symbol === name) && SECRET.match?(name.to_s.b)
        end

        def line(value)
          text = value.inspect.encode(Encoding::UTF_8, invalid: :replace, undef: :replace)
          text.scrub.gsub(/[[:cntrl:]]+/, " ")
        rescue *REFUSALS
          "#<#{type(value)}>"
        end
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

      # @param problems [Array<Problem>]
      # @return [void]
      def concat(problems)
        problems.each { |problem| add(*problem) }
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
