# frozen_string_literal: true

# Owns what `with_kafka` runs: which groups, and how many partitions their topics have. Pure.
module Karafka
  module Testing
    # @api private
    module Selection
      class << self
        # @param names [Array<String, Symbol>, nil] nil: all
        # @return [Array<Routing::ConsumerGroup>]
        # @raise [Error] there is nothing to consume, or no such group
        def groups(names)
          all = App.consumer_groups.to_a
          raise Error, "with_kafka has nothing to consume: there are no routes; load karafka.rb first" if all.empty?
          return all unless names

          Array(names).map do |name|
            all.find { |group| group.name == Routing::Name.of(name) } or
              raise Error, "with_kafka(groups: ...) names #{Setup::Problems.show(:group, name)}, which is no group; " \
                           "#{Setup::Suggestion.for(name, all.map(&:name))}"
          end
        end

        # @param groups [Array<Routing::ConsumerGroup>]
        # @param topics [Hash{String, Symbol => Integer}] by name in the application
        # @param number [Integer] of topics of routes that are not named
        # @return [Hash{String => Integer}] by name in the cluster
        def partitions(groups, topics, number)
          routed = groups.flat_map(&:topics)
          named = topics.to_h do |name, count|
            topic = routed.find { |it| it.name == Routing::Name.of(name) }
            [topic ? topic.subscription_name : Routing::Name.of(name), count]
          end
          routed.to_h { |topic| [topic.subscription_name, number] }.merge(named)
        end
      end
    end
  end
end
