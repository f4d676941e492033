# frozen_string_literal: true

# Owns `karafka topics`: what an operator does with topics. Must not delete or create anything that was not named.
module Karafka
  class Cli
    class Topics < Base
      include Cluster

      desc "list, create NAME, delete NAME or describe NAME"
      option :brokers, aliases: :b, banner: "ADDRESSES",
                       desc: ["host:port,... in place of the application's; no application", "is loaded then"]
      option :partitions, type: Integer, aliases: :n, banner: "NUMBER", desc: "create: how many partitions (1)"
      option :replication_factor, type: Integer, aliases: :r, banner: "NUMBER",
                                  desc: "create: how many brokers keep each (what the cluster says)"
      option :config, type: :array, banner: "KEY=VALUE", desc: "create: the topic's own settings; may be repeated"
      option :timeout, type: :numeric, default: 10, desc: "Seconds that Kafka may take for each answer (10)"

      ACTIONS = %w[list create delete describe].freeze
      # Options that only creating has.
      CREATING = %i[partitions replication_factor config].freeze
      # The largest number that Kafka's requests have room for.
      MOST = { partitions: (2**31) - 1, replication_factor: (2**15) - 1 }.freeze
      # How many partitions are asked about at once.
      SLICE = 50

      # @param action [String]
      # @param name [String, nil]
      # @return [void]
      def call(action, name = nil)
        check(action, name)
        return list if action == "list"

        reach(addresses) { send(action, name) }
      end

      private

      def check(action, name)
        raise UsageError, "topics #{action} is not known; use one of: #{ACTIONS.join(", ")}" unless
          ACTIONS.include?(action)
        raise UsageError, "topics list takes no name; use topics describe #{name}" if action == "list" && name
        raise UsageError, "topics #{action} wants the NAME of a topic" if action != "list" && name.nil?

        stray = CREATING.find { |option| options[option] }
        return if stray.nil? || action == "create"

        raise UsageError, "--#{stray.to_s.tr("_", "-")} is for topics create, not for topics #{action}"
      end

      def list
        topics = reach(addresses) { Native.topics(properties, nil, timeout) }
        Table.print([%w[TOPIC PARTITIONS], *topics.map { |topic| [topic[:name], topic[:partitions].size] }])
      end

      def create(name)
        check_numbers
        count = options[:partitions] || 1
        Native.create_topic(properties, { name: name, partitions: count, config: topic_config,
                                          replication_factor: options[:replication_factor] || -1 }, timeout)
        there = await("waiting for #{name}") { complete?(find(name), count) }
        raise UsageError, "#{name} was created, but is not ready after #{timeout} s; see topics describe" unless there

        puts "created #{name} with #{count} partition#{"s" if count > 1}"
      end

      def check_numbers
        MOST.each do |option, most|
          number = options[option]
          next if number.nil? || number.between?(1, most)

          raise UsageError, "--#{option.to_s.tr("_", "-")} is #{number}; give a number from 1 to #{most}"
        end
      end

      def delete(name)
        Native.delete_topic(properties, name, timeout)
        gone = await("waiting until #{name} is gone") { find(name).nil? }
        raise UsageError, "#{name} is being deleted, but is still there after #{timeout} s" unless gone

        puts "deleted #{name}"
      end

      def describe(name)
        topic = find(name) or raise UsageError, "there is no topic #{name}; see karafka topics list"
        positions = positions(name, topic[:partitions].map { |partition| partition[:id] })
        rows = topic[:partitions].sort_by { |partition| partition[:id] }.map do |partition|
          low, high = positions.fetch(partition[:id]).values_at(:low, :high)
          [partition[:id], partition[:leader], partition[:replicas].join(","), partition[:in_sync].join(","),
           low, high, high - low]
        end
        Table.print([%w[PARTITION LEADER REPLICAS IN-SYNC FIRST END RECORDS], *rows])
      end

      # One after the other, because that is how librdkafka asks.
      def positions(name, ids)
        done = 0
        ids.each_slice(SLICE).flat_map do |slice|
          progress("#{name}: #{done} of #{ids.size} partitions")
          done += slice.size
          Native.positions(properties, slice.map { |id| [name, id] }, timeout)
        end.to_h { |position| [position[:partition], position] }
      ensure
        progress("")
      end

      def find(name)
        Native.topics(properties, name, timeout).find { |topic| topic[:name] == name && topic[:error].nil? }
      end

      def complete?(topic, count)
        topic && topic[:partitions].size == count && topic[:partitions].none? { |it| it[:leader].negative? }
      end

      def topic_config
        options[:config].to_a.to_h do |text|
          key, value = text.split("=", 2)
          next [key, value] if value && !key.empty?

          raise UsageError, "--config #{text} is not KEY=VALUE, such as retention.ms=60000"
        end
      end

      def properties
        @properties ||= Setup::Librdkafka.admin(kafka, App.config.client_id || "karafka")
      end

      def addresses
        kafka.seed_brokers
      end

      # The application may have none that it ever checked.
      def check_brokers(seeds)
        problems = Setup::Problems.new
        Setup::Brokers.new(seeds).check(problems, options[:brokers] ? "--brokers" : "config.kafka.seed_brokers")
        problems.raise!("no brokers to ask")
      end

      def kafka
        @kafka ||= begin
          options[:brokers] ? App.config.kafka.seed_brokers = options[:brokers] : load_application
          App.config.kafka.tap { |kafka| check_brokers(kafka.seed_brokers) }
        end
      end
    end
  end
end
