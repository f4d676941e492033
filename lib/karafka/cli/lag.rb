# frozen_string_literal: true

require "json"

# Owns `karafka lag`: how far the routed groups are behind, once or again and again. Reads it from Kafka without joining
# a group, so it works while no consumer runs, and changes nothing. Runs on the main thread.
module Karafka
  class Cli
    class Lag < Base
      include Cluster

      desc "Show how far each consumer group is behind, read from Kafka"
      option :group, type: :array, aliases: :g, banner: "NAMES", desc: "Only these groups: a b, or a,b"
      option :watch, type: :numeric, aliases: :w, banner: "[SECONDS]", implied: 2,
                     desc: "Look again every so many seconds (2), and show how fast it changes, until Ctrl-C"
      option :json, type: :boolean, desc: "One line of JSON for each look"
      option :timeout, type: :numeric, default: 10, desc: "Seconds that Kafka may take for each answer (10)"

      HEADS = %w[GROUP TOPIC PARTITION COMMITTED END LAG].freeze
      WATCHED = %w[GROUP TOPIC PARTITION COMMITTED CHANGE PER-SEC END CHANGE PER-SEC LAG CAUGHT-UP-IN].freeze
      MISSING = "the topic does not exist"

      # @return [void]
      def call
        load_application
        groups = chosen
        options[:watch] ? watch(groups, interval) : puts(lines(look(groups)))
      end

      private

      def interval
        seconds = options[:watch].to_f
        return seconds if seconds.positive?

        raise UsageError, "--watch is #{options[:watch]}; give seconds above 0"
      end

      def chosen
        groups = App.consumer_groups.to_a
        asked = options[:group] or return groups
        unknown = asked.reject { |name| groups.any? { |group| [group.name, group.id].include?(name) } }
        return groups.select { |group| asked.include?(group.name) || asked.include?(group.id) } if unknown.empty?

        raise UsageError, "unknown consumer group #{unknown.join(", ")}; the routes have " \
                          "#{groups.map(&:name).join(", ")}"
      end

      # Until somebody has seen enough.
      def watch(groups, interval)
        pace = Pace.new
        screen = Screen.new(in_place: !options[:json])
        shown = nil
        loop do
          started = now
          begin
            shown = lines(pace.add(look(groups), now))
            screen.show(shown)
          rescue UsageError, Errors::BaseError => e
            # What cannot be asked at all is told at once; what was there may come back.
            raise unless shown

            screen.show(shown, "#{e.message}; it is tried on")
          end
          sleep [interval - (now - started), 0].max
        end
      rescue Interrupt
        nil
      end

      def interrupted
        options[:watch] ? 0 : super
      end

      # @return [Array<Pace::Row>]
      def look(groups)
        groups.flat_map do |group|
          progress("asking about #{group.id}") unless options[:watch]
          positions = reach(group.seed_brokers) { positions(group) }
          group.topics.flat_map { |topic| rows(topic, positions.fetch(topic.subscription_name, [])) }
        ensure
          progress("") unless options[:watch]
        end
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

      # Without a partition where there is no such topic.
      def rows(topic, positions)
        place = { group: topic.consumer_group.id, topic: topic.subscription_name }
        return [Pace::Row.new(**place)] if positions.empty?

        positions.map do |position|
          Pace::Row.new(**place, partition: position[:partition], committed: position[:committed],
                                 end: position[:high], lag: lag(position, topic))
        end
      end

      # Where nothing is committed the group will begin where its route says; what Kafka has deleted is not waiting.
      def lag(position, topic)
        low, high = position.values_at(:low, :high)
        next_offset = position[:committed] || (topic.start_from_beginning ? low : high)
        [high - [next_offset, low].max, 0].max
      end

      def lines(rows)
        total = rows.sum { |row| row.lag.to_i }
        return [json(rows, total)] if options[:json]

        heads = options[:watch] ? WATCHED : HEADS
        [*Table.lines([heads, *cells(rows)]), "Total lag: #{total}"]
      end

      def json(rows, total)
        told = options[:watch] ? Pace::Row.members : Pace::Row.members.first(HEADS.size)
        JSON.generate(time: Time.now.utc.strftime("%Y-%m-%dT%H:%M:%S.%LZ"), total_lag: total,
                      partitions: rows.map { |row| row.to_h.slice(*told) })
      end

      def cells(rows)
        rows.chunk_while { |one, other| [one.group, one.topic] == [other.group, other.topic] }.flat_map do |topic|
          next [cell(topic.first)] unless topic.first.partition

          topic.map { |row| cell(row) } << cell(Pace.total(topic))
        end
      end

      def cell(row)
        start = [row.group, row.topic, row.partition || "-"]
        return [*start, "-", "-", MISSING, *([""] * 5 if options[:watch])] unless row.partition

        all = row.partition == "all"
        committed = all ? "" : row.committed || "-"
        last = all ? "" : row.end
        return [*start, committed, last, row.lag] unless options[:watch]

        [*start, committed, signed(row.committed_change), rate(row.committed_per_second),
         last, signed(row.end_change), rate(row.end_per_second), row.lag, left(row)]
      end

      def signed(number)
        number ? format("%+d", number) : "-"
      end

      def rate(number)
        number ? number.round(1) : "-"
      end

      def left(row)
        return "-" if row.lag.zero? || row.end_per_second.nil?

        row.seconds_left ? Pace.words(row.seconds_left) : "never"
      end
    end
  end
end
