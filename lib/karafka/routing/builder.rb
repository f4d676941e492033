# frozen_string_literal: true

require "singleton"

# Owns the list of all routes of the process and the outermost words of the routing language. Written while the process
# boots, read from every thread after.
module Karafka
  module Routing
    # The drawn consumer groups, in order.
    # @example
    #   Karafka::App.consumer_groups.draw do
    #     consumer_group :events do
    #       topic(:user_events) { controller EventsController }
    #     end
    #   end
    class Builder < Array
      include Singleton

      # Adds routes and checks all of them. Nothing is added when a rule is broken.
      # @return [Builder] self
      # @raise [Errors::InvalidConfiguration] with every broken rule
      def draw(&block)
        raise ArgumentError, "draw needs routes; write `draw do ... end`" unless block

        known = to_a
        instance_eval(&block)
        Contract.new(self).validate!
        self
      rescue Exception
        # Whatever it was: half a drawing must not stay.
        replace(known) if known
        raise
      end

      # @return [Array<ConsumerGroup>] groups that this process consumes
      def active
        select(&:active?)
      end

      # Has the classes of all routes looked up again by their names. While it runs no user code may.
      # @return [void]
      # @api private
      def forget_classes
        each { |group| group.topics.each(&:forget_classes) }
      end

      private

      def consumer_group(name, &block)
        group = ConsumerGroup.new(name)
        Proxy.new(group, &block)
        push(group.build)
      end

      # Simple style: a group of its own, named like the topic.
      def topic(name, &block)
        group = ConsumerGroup.new(name)
        group.topic(name, &block)
        push(group.build)
      end

      def respond_to_missing?(_name, _include_private = false)
        false
      end

      def method_missing(name, *arguments)
        raise Errors::UnknownSetting.new("#{name} is not known inside draw; use consumer_group or topic",
                                         name, arguments, receiver: self)
      end
    end
  end
end
