# frozen_string_literal: true

# Owns what librdkafka has counted about one client, as a subscriber sees it. Any thread. Must make nothing of it before
# it is read.
module Karafka
  module Instrumentation
    # Of partitions it has those that this process holds; of a producer it has all. The names are those of librdkafka's
    # STATISTICS.md, Strings all the way down.
    # @example
    #   Karafka.monitor.subscribe("statistics.emitted") do |event|
    #     event[:statistics]["brokers"].each_value { |it| puts "#{it["name"]}: #{it["rtt"]["avg"]} microseconds" }
    #   end
    class Statistics
      # @param native [Native::Statistics]
      # @api private
      def initialize(native)
        @native = native
      end

      # Parsed by the core, at the first call.
      # @return [Hash{String => Object}]
      def to_h
        @to_h ||= @native.to_h
      end

      # @param name [String]
      # @return [Object, nil]
      def [](name)
        to_h[name]
      end

      # @param names [Array<String>] one inside of the other
      # @return [Object, nil]
      def dig(*names)
        to_h.dig(*names)
      end

      # It is long.
      # @return [String]
      def inspect
        "#<#{self.class}>"
      end
      alias to_s inspect
    end
  end
end
