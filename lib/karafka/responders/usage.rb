# frozen_string_literal: true

# Owns the rules between what a responder declared and what it did in one call. Pure.
module Karafka
  module Responders
    # @api private
    class Usage
      # Options of one message, for `respond_to`.
      MESSAGE = (WaterDrop::MessageOptions::KNOWN - %i[topic]).freeze

      class << self
        # @param responder [Class]
        # @param name [Object]
        # @return [void]
        # @raise [Errors::InvalidResponderUsage]
        def check_name!(responder, name)
          return if String === name || Symbol === name

          raise Errors::InvalidResponderUsage, "#{responder} names the topic #{Setup::Problems.show(:topic, name)}; " \
                                               "give a String or a Symbol"
        end

        # @param topic [String, Symbol]
        # @param options [Object] of one message
        # @return [void]
        # @raise [WaterDrop::Errors::InvalidMessageOptions]
        def check_options!(topic, options)
          return if Hash === options && options.empty?

          if Hash === options && options.key?(:async)
            raise WaterDrop::Errors::InvalidMessageOptions,
                  "unknown option :async for one message; write `topic #{topic.inspect}, async: true` in the class"
          end
          WaterDrop::MessageOptions.check_names!(options, MESSAGE)
        end

        # @param name [String] in the application
        # @param mapper [#outgoing]
        # @return [String] in the cluster
        # @raise [Errors::InvalidConfiguration]
        def mapped(name, mapper)
          topic = Routing::Name.of(mapper.outgoing(name))
          return topic unless Setup::Rules[:topic].broken_by?(topic)

          raise Errors::InvalidConfiguration, "the topic_mapper makes #{Setup::Problems.show(:topic, topic)} of the " \
                                              "topic #{name}, which #{Setup::Rules[:topic].text}; mend it"
        end
      end

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
        declared + (@buffer.keys - @topics.keys).map { |name| unregistered(name) }
      end

      private

      def unregistered(name)
        shown = Routing::Name.show(name)
        return "#{shown} is not a topic name, respond to a topic of the class" if Setup::Rules[:topic].broken_by?(name)

        meant = Setup::Suggestion.nearest(name, @topics.keys)
        "#{shown} is not registered, #{"did you mean #{meant}? If not, " if meant}" \
          "add `topic #{name.to_sym.inspect}` to the class"
      end

      def options(topic)
        problems = []
        rule = Setup::Rules[:topic]
        problems << "#{shown(topic)} is not a topic name, it #{rule.text}" if rule.broken_by?(topic.name)
        return problems << "#{shown(topic)} has the options #{show(topic.options)}, give a Hash" unless
          Hash === topic.options

        problems + unknown_options(topic) + topic.options.slice(*Topic::OPTIONS.keys).filter_map do |name, value|
          next if [true, false].include?(value)

          "#{shown(topic)} has #{name}: #{show(value)}, give true or false"
        end
      end

      def unknown_options(topic)
        known = Topic::OPTIONS.keys
        (topic.options.keys - known).map do |name|
          word = Symbol === name ? name.name : show(name)
          "#{shown(topic)} has the unknown option #{word}, #{Setup::Suggestion.for(word.delete("\""), known)}"
        end
      end

      def shown(topic)
        Routing::Name.show(topic.name)
      end

      def show(value)
        Setup::Problems.show(:option, value)
      end

      def usage(topic)
        count = @buffer.fetch(topic.name, []).size
        return ["#{shown(topic)} is required and was not used, respond to it or declare `required: false`"] if
          count.zero? && topic.required?
        return ["#{shown(topic)} was used #{count} times, declare `multiple_usage: true` to allow it"] if
          count > 1 && !topic.multiple_usage?

        []
      end
    end
  end
end
