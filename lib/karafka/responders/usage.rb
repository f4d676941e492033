# frozen_string_literal: true

# Owns the rules between what a responder declared and what it did in one call. Pure.
module Karafka
  module Responders
    # @api private
    class Usage
      # @param responder [Class]
      # @param topics [Hash{String => Topic}] declared
      # @param buffer [Hash{String => Array}] messages by topic
      def initialize(responder, topics, buffer)
        @responder = responder
        @topics = topics
        @buffer = buffer
      end

      # @return [void]
      # @raise [Errors::InvalidResponderUsage] with every broken rule
      def validate!
        problems = problems()
        return if problems.empty?

        raise Errors::InvalidResponderUsage, "#{@responder} used its topics wrongly: #{problems.join("; ")}"
      end

      # @return [Array<String>]
      def problems
        declared = @topics.values.flat_map { |topic| options(topic) + usage(topic) }
        declared + (@buffer.keys - @topics.keys).map do |name|
          "#{name} is not registered, add `topic :#{name}` to the class"
        end
      end

      private

      def options(topic)
        known = Topic::OPTIONS.keys
        problems = (topic.options.keys - known).map do |name|
          "#{topic.name} has the unknown option #{name}, #{Setup::Suggestion.for(name, known)}"
        end
        topic.options.slice(*known).each do |name, value|
          next if [true, false].include?(value)

          problems << "#{topic.name} has #{name}: #{value.inspect}, give true or false"
        end
        problems << "#{topic.name.inspect} is not a topic name" unless Setup::Rules::NAME.match?(topic.name)
        problems
      end

      def usage(topic)
        count = @buffer.fetch(topic.name, []).size
        return ["#{topic.name} is required and was not used, respond to it or declare `required: false`"] if
          count.zero? && topic.required?
        return ["#{topic.name} was used #{count} times, declare `multiple_usage: true` to allow it"] if
          count > 1 && !topic.multiple_usage?

        []
      end
    end
  end
end
