# frozen_string_literal: true

# Owns the words of the routing blocks: `foo 1` becomes `target.foo = 1`. Runs while routes are drawn; knows no word by
# itself, the target lists them.
module Karafka
  # What routes are made of.
  module Routing
    # Evaluates a routing block against a group or a topic.
    # @api private
    class Proxy
      # Names of later versions for the same thing.
      ALIASES = { consumer: :controller }.freeze

      # @param target [ConsumerGroup, Topic] answers `words` (settings) and `nested` (words with a block)
      def initialize(target, &block)
        @target = target
        instance_eval(&block) if block
      rescue NameError => e
        # Whoever explains the error can say where.
        unless e.instance_variable_defined?(:@karafka_route)
          group = "#{target.consumer_group}, " if target.respond_to?(:consumer_group)
          e.instance_variable_set(:@karafka_route, "#{group}#{target}")
        end
        raise
      end

      private

      def respond_to_missing?(name, _include_private = false)
        word = ALIASES.fetch(name, name)
        @target.class.words.include?(word) || @target.class.nested.include?(word)
      end

      def method_missing(name, *arguments, &block)
        word = ALIASES.fetch(name, name)
        return @target.public_send(word, *arguments, &block) if @target.class.nested.include?(word)

        value = arguments.first
        unless @target.class.words.include?(word)
          raise Errors::UnknownSetting.new(unknown(name, value), name, arguments, receiver: self)
        end
        unless arguments.size == 1
          raise ArgumentError, "#{name} got #{arguments.size} values inside #{@target}; write `#{name}` with one value"
        end

        @target.public_send(:"#{word}=", value)
      end

      # Words with a block may take keywords; for the others they are a Hash.
      ruby2_keywords(:method_missing)

      def unknown(name, value)
        known = @target.class.words + @target.class.nested
        meant = [name, Setup::Suggestion.nearest(name, known)]
        "#{name} (value: #{Setup::Problems.show(meant, value)}) is not known inside #{@target}; " \
          "#{Setup::Suggestion.for(name, known)}"
      end
    end
  end
end
