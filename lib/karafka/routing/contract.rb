# frozen_string_literal: true

# Owns every rule for routes. All groups are checked and all broken rules are raised together. Runs at the end of each
# `draw`.
module Karafka
  module Routing
    # @api private
    class Contract
      TOPIC = {
        name: [:topic, '"events"'],
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
      # @param load [Boolean] are classes that routes give by their names to be loaded, and checked?
      def initialize(groups, load: false)
        @groups = groups
        @load = load
      end

      # @return [void]
      # @raise [Errors::InvalidConfiguration]
      def validate!
        problems.raise!("invalid routes")
      end

      # @return [Setup::Problems]
      def problems
        @problems = Setup::Problems.new
        unique("consumer groups", @groups.map(&:name), "names must be unique", "merge them or rename one")
        ids = distinct(@groups, &:id)
        unique("ids of consumer groups", ids, "each group needs its own", "mend the consumer_mapper")
        @groups.each { |group| check_group(group) }
        @problems
      end

      private

      def check_group(group)
        check_name("#{group}: name", group.name)
        check_mapped("#{group}: id", :name, "rename the group, or mend client_id or the consumer_mapper") { group.id }
        Setup::Contract.check_rows(@problems, GROUP) { |word| [path(group, word), group.public_send(word)] }
        Setup::KafkaContract.new(group, @problems) { |word| path(group, word) }.check
        check_topics(group)
      end

      def check_name(path, name)
        rule = Setup::Rules[:name]
        @problems.add(path, name, rule.text, 'set it to "events"') if rule.broken_by?(name)
      end

      # What a mapper makes of a name.
      def check_mapped(path, rule, cure)
        value = yield
        @problems.add(path, value, Setup::Rules[rule].text, cure) if Setup::Rules[rule].broken_by?(value)
      rescue StandardError => e
        @problems.add(path, nil, "making it raised #{e.class} (#{e.message.lines.first&.strip})", cure)
      end

      def check_topics(group)
        topics = group.topics
        where = "#{group}: topics"
        @problems.add(where, [], "needs at least one topic", "add `topic :name do ... end`") if topics.empty?
        unique(where, topics.map(&:name), "names must be unique", "merge them or rename one")
        topics.each { |topic| check_topic(topic) }
        names = distinct(topics, &:subscription_name)
        unique("#{where} in the cluster", names, "each topic needs its own", "mend the topic_mapper")
      end

      def check_topic(topic)
        where = "#{topic.consumer_group}, #{topic}"
        Setup::Contract.check_rows(@problems, TOPIC) { |word| ["#{where}: #{word}", topic.public_send(word)] }
        unless Setup::Rules[:topic].broken_by?(topic.name)
          check_mapped("#{where}: name in the cluster", :topic, "mend the topic_mapper") { topic.subscription_name }
        end
        controller = topic.reference(:controller)
        type = check_class("#{where}: controller", controller, BaseController) { topic.controller }
        check_persistent(topic, type, where) if type
        responder = topic.reference(:responder)
        # The one that is named like the controller is known when that is.
        return if !@load && controller&.by_name? && responder.nil?

        check_class("#{where}: responder", responder, BaseResponder, optional: true) { topic.responder }
      end

      def check_persistent(topic, type, where)
        return unless type.persistent_only? && topic.persistent == false

        @problems.add("#{where}: persistent", false, "#{type} needs its instance from batch to batch",
                      "write `persistent true` for this topic")
      end

      # A class that is given by its name is loaded only when that is wanted.
      # @return [Class, nil] that is as it must be
      def check_class(path, reference, parent, optional: false)
        return if reference&.by_name? && !@load

        type = yield
        return type if (Class === type && type <= parent) || (optional && NilClass === type)

        word = path[/\w+\z/]
        @problems.add(path, type, "must be a class below #{parent}", "write `#{word} Your#{word.capitalize}`")
        nil
      rescue Errors::MissingClass
        # Without one it is the controller's, whose name the responder would have.
        @problems.add(path, reference.given, reference.missing, "define it, or mend the route") if reference
        nil
      end

      # What a group did not say itself is the root's value, and the root's problem, named once.
      def path(group, word)
        return "#{group}: #{word}" if group.own?(word)

        ConsumerGroup::ROOT_DEFAULTS.include?(word) ? word.to_s : "kafka.#{word}"
      end

      # What mappers make of names that differ: those that are equal are told as such.
      def distinct(list)
        names = []
        list.filter_map do |item|
          next if names.include?(item.name)

          names << item.name
          yield item
        rescue StandardError
          # Told where the result is checked.
          nil
        end
      end

      def unique(path, names, rule, cure)
        again = names.select { |name| names.count(name) > 1 }
        @problems.add(path, again, rule, cure) unless again.empty?
      end
    end
  end
end
