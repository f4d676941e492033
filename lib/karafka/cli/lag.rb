# frozen_string_literal: true

# Owns `karafka lag`: how far the routed groups are behind. Reads it from Kafka without joining a group, so it works
# while no consumer runs, and changes nothing.
module Karafka
  class Cli
    class Lag < Base
      include Cluster

      desc "Show how far each consumer group is behind, read from Kafka"
      option :group, type: :array, aliases: :g, banner: "NAMES", desc: "Only these groups: a b, or a,b"
      option :timeout, type: :numeric, default: 10, desc: "Seconds that Kafka may take for each answer (10)"

      HEADS = %w[GROUP TOPIC PARTITION COMMITTED END LAG].freeze

      # @return [void]
      def call
        load_application
        rows = []
        total = chosen.sum { |group| add(rows, group) }
        Table.print([HEADS, *rows])
        puts "Total lag: #{total}"
      end

      private

      def chosen
        groups = App.consumer_groups.to_a
        asked = options[:group] or return groups
        unknown = asked.reject { |name| groups.any? { |group| [group.name, group.id].include?(name) } }
        return groups.select { |group| asked.include?(group.name) || asked.include?(group.id) } if unknown.empty?

        raise UsageError, "unknown consumer group #{unknown.join(", ")}; the routes have " \
                          "#{groups.map(&:name).join(", ")}"
      end

      # @return [Integer] the group's lag
      def add(rows, group)
        progress("asking about #{group.id}")
        positions = reach(group.seed_brokers) { positions(group) }
        group.topics.sum { |topic| add_topic(rows, topic, positions.fetch(topic.subscription_name, [])) }
      ensure
        progress("")
      end

      # @return [Hash{String => Array<Hash>}] what Kafka says, by topic
      def positions(group)
        names = group.topics.map(&:subscription_name)
        all = Native.topics(Setup::Librdkafka.admin(group, group.client_id), nil, timeout)
        partitions = all.select { |topic| names.include?(topic[:name]) }.flat_map do |topic|
          topic[:partitions].map { |partition| [topic[:name], partition[:id]] }
        end
        return {} if partitions.empty?

        found = Native.positions(Setup::Librdkafka.consumer(group), partitions, timeout)
        found.sort_by { |position| position[:partition] }.group_by { |position| position[:topic] }
      end

      def add_topic(rows, topic, positions)
        start = [topic.consumer_group.id, topic.subscription_name]
        if positions.empty?
          rows << [*start, "-", "-", "-", "the topic does not exist"]
          return 0
        end
        lags = positions.map { |position| lag(position, topic) }
        positions.zip(lags) do |position, lag|
          rows << [*start, position[:partition], position[:committed] || "-", position[:high], lag]
        end
        rows << [*start, "all", "", "", lags.sum]
        lags.sum
      end

      # Where nothing is committed the group will begin where its route says; what Kafka has deleted is not waiting.
      def lag(position, topic)
        low, high = position.values_at(:low, :high)
        next_offset = position[:committed] || (topic.start_from_beginning ? low : high)
        [high - [next_offset, low].max, 0].max
      end
    end
  end
end
