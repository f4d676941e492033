# frozen_string_literal: true

# Owns `karafka broker`: the embedded broker as a process of its own. Needs no application.
module Karafka
  class Cli
    class Broker < Base
      desc "Run an in-memory Kafka for development, until INT or TERM"
      option :topic, type: :array, aliases: :t, banner: "NAME:PARTITIONS",
                     desc: ["Create a topic; may be repeated. Others get",
                            "#{EmbeddedBroker::DEFAULT_PARTITIONS} partitions on first use"]
      option :brokers, type: Integer, default: 1, aliases: :b, banner: "NUMBER", desc: "Brokers in the cluster (1)"

      # @return [void]
      def call
        topics = options[:topic].to_a.to_h { |text| topic(text) }
        # A pipe, because Ruby would call a lone thread that waits for a Queue a deadlock.
        ended, signal = IO.pipe
        %w[INT TERM QUIT].each { |name| ::Signal.trap(name) { signal.write_nonblock(".", exception: false) } }
        EmbeddedBroker.start(topics: topics, brokers: options[:brokers]) do |broker|
          puts broker.bootstrap_servers
          $stdout.flush
          ended.read(1)
        end
      end

      private

      def topic(text)
        name, partitions, rest = text.split(":", 3)
        count = Integer(partitions || "1", 10, exception: false)
        return [name, count] if !name.to_s.empty? && count&.positive? && rest.nil?

        raise UsageError, "--topic #{text} is not NAME or NAME:PARTITIONS, such as orders:6"
      end
    end
  end
end
