# frozen_string_literal: true

# Owns every rule for routes. All groups are checked and all broken rules are raised together. Runs at the end of each
# `draw`.
module Karafka
  module Routing
    # @api private
    class Contract
      TOPIC = {
        name: [:name, '"events"'],
        parser: [:parser, "Karafka::Parsers::Json"],
        backend: [:backend, ":inline"],
        batch_consuming: [:boolean, "true"],
        persistent: [:boolean, "true"]
      }.merge(Setup::Contract::TOPIC).freeze

      GROUP = {
        batch_fetching: [:boolean, "true"],
        max_messages: Setup::Contract::ROOT.fetch(:max_messages),
        concurrency: Setup::Contract::ROOT.fetch(:concurrency)
      }.merge(Setup::Contract::GROUP).freeze

      # @param groups [Array<ConsumerGroup>]
      def initialize(groups)
        @groups = groups
      end

      # @return [void]
      # @raise [Errors::InvalidConfiguration]
      def validate!
        problems.raise!("invalid routes")
      end

      # @return [Setup::Problems]
      def problems
        @problems = Setup::Problems.new
        unique(@groups, "consumer groups")
        @groups.each do |group|
          check_group(group)
          unique(group.topics, "#{group}: topics")
          group.topics.each { |topic| check_topic(topic) }
        end
        @problems
      end

      private

      def check_group(group)
        name = { name: [:name, '"events"'], id: [:name, '"app_events"'] }
        Setup::Contract.check_rows(@problems, name) { |word| ["#{group}: #{word}", group.public_send(word)] }
        Setup::Contract.check_rows(@problems, GROUP) { |word| [path(group, word), group.public_send(word)] }
        Setup::KafkaContract.new(group, @problems) { |word| path(group, word) }.check
        return unless group.topics.empty?

        @problems.add("#{group}: topics", [], "needs at least one topic", "add `topic :name do ... end`")
      end

      def check_topic(topic)
        where = "#{topic.consumer_group}, #{topic}"
        Setup::Contract.check_rows(@problems, TOPIC) { |word| ["#{where}: #{word}", topic.public_send(word)] }
        check_controller(topic, where)
        return if topic.responder.nil? || topic.responder.respond_to?(:topics)

        @problems.add("#{where}: responder", topic.responder, "must be a responder",
                      "inherit from Karafka::BaseResponder")
      end

      def check_controller(topic, where)
        controller = topic.controller
        return if controller.is_a?(Class) && controller <= BaseController

        @problems.add("#{where}: controller", controller, "must be a class below Karafka::BaseController",
                      "write `controller YourController`")
      end

      # What a group did not say itself is the root's value, and the root's problem, named once.
      def path(group, word)
        return "#{group}: #{word}" if group.own?(word)

        ConsumerGroup::ROOT_DEFAULTS.include?(word) ? word.to_s : "kafka.#{word}"
      end

      def unique(list, path)
        names = list.map(&:name)
        again = names.select { |name| names.count(name) > 1 }
        @problems.add(path, again, "names must be unique", "merge them or rename one") unless again.empty?
      end
    end
  end
end
