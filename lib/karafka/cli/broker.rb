# frozen_string_literal: true

# Owns `karafka broker`: the embedded broker as a process of its own. Needs no application.
module Karafka
  module Cli
    class Broker < Base
      NAME = "broker"
      SUMMARY = "Run an in-memory Kafka for development, until INT or TERM"
      Cli.commands[NAME] = self

      # @return [Integer] exit code
      def call
        # A pipe, because Ruby would call a lone thread that waits for a Queue a deadlock.
        ended, signal = IO.pipe
        %w[INT TERM QUIT].each { |name| ::Signal.trap(name) { signal.write_nonblock(".", exception: false) } }
        EmbeddedBroker.start(topics: @topics, brokers: @brokers) do |broker|
          puts broker.bootstrap_servers
          $stdout.flush
          ended.read(1)
        end
        0
      end

      private

      def options(parser)
        @topics = {}
        @brokers = 1
        parser.on("-t", "--topic NAME:PARTITIONS", "Create a topic; may be repeated. Others get",
                  "#{EmbeddedBroker::DEFAULT_PARTITIONS} partitions on first use") { |text| add_topic(text) }
        parser.on("-b", "--brokers NUMBER", Integer, "Brokers in the cluster (1)") { |number| @brokers = number }
      end

      def add_topic(text)
        name, partitions, rest = text.split(":", 3)
        count = Integer(partitions || "1", 10, exception: false)
        return @topics[name] = count if !name.to_s.empty? && count&.positive? && rest.nil?

        raise UsageError, "--topic #{text} is not NAME or NAME:PARTITIONS, such as orders:6"
      end
    end
  end
end
