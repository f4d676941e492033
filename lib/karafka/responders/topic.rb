# frozen_string_literal: true

# Owns what a responder declares about one topic. A plain value, made when the class is loaded.
module Karafka
  # What belongs to responders.
  module Responders
    # A topic as declared in a responder.
    class Topic
      # Options and their defaults.
      OPTIONS = { required: true, multiple_usage: false, async: false }.freeze

      # @return [String] name in the application
      attr_reader :name
      # @return [Hash{Symbol => Object}] as declared
      attr_reader :options

      # @param name [String, Symbol]
      # @param options [Hash{Symbol => Object}] required (default true), multiple_usage (false), async (false)
      # @param registered [Boolean] false for a topic that was used and never declared
      def initialize(name, options = {}, registered: true)
        @name = name.to_s
        @options = options
        @registered = registered
      end

      # @return [Boolean] must it be used at least once in each call?
      def required?
        option(:required)
      end

      # @return [Boolean] may it be used more than once in a call?
      def multiple_usage?
        option(:multiple_usage)
      end

      # @return [Boolean] does nobody wait for its messages?
      def async?
        option(:async)
      end

      # @return [Boolean]
      def registered?
        @registered
      end

      # @return [Hash{Symbol => Object}]
      def to_h
        { name: name, required: required?, multiple_usage: multiple_usage?, registered: registered?, async: async? }
      end

      private

      # What is no Hash is told when the responder is used.
      def option(name)
        Hash === @options ? @options.fetch(name, OPTIONS.fetch(name)) : OPTIONS.fetch(name)
      end
    end
  end
end
