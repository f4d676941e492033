# frozen_string_literal: true

# Owns every rule for the faults of an embedded broker: which there are, and what each needs. Pure. What a fault does is
# the core's business (src/mock/fault.rs).
module Karafka
  class EmbeddedBroker
    # @api private
    class FaultContract
      APIS = %w[
        produce fetch list_offsets metadata offset_commit offset_fetch find_coordinator join_group heartbeat leave_group
        sync_group init_producer_id
      ].freeze
      # A fault is kept for each request to come.
      TIMES = (0..1_000_000)
      MILLISECONDS = (0..3_600_000)
      PARTITIONS = (0..((2**31) - 1))
      VERSIONS = (-1..((2**15) - 1))

      FIELDS = {
        "requests" => %i[api code times],
        "no_requests" => %i[api],
        "topic" => %i[topic code],
        "broker_down" => %i[broker],
        "broker_up" => %i[broker],
        "round_trip" => %i[broker millis],
        "coordinator" => %i[group broker],
        "leader" => %i[topic partition broker],
        "max_version" => %i[api version]
      }.freeze

      # @param brokers [Integer] in the cluster
      def initialize(brokers)
        text = ->(value) { String === value && !value.empty? && !value.include?("\0") }
        @rules = {
          api: [->(value) { APIS.include?(value) }, "one of #{APIS.join(", ")}"],
          code: [text, "the name of an error, such as NOT_COORDINATOR"],
          group: [text, "the id of a group"],
          topic: [->(value) { Setup::Rules.topic?(value) }, "the name of a topic"],
          times: number(TIMES), millis: number(MILLISECONDS), partition: number(PARTITIONS),
          version: number(VERSIONS), broker: number(1..brokers)
        }
      end

      # @param fault [Hash{Symbol => Object}]
      # @return [Hash{Symbol => Object}] as the core takes it
      # @raise [Errors::InvalidConfiguration]
      def check!(fault)
        fault = fault.transform_values { |value| Symbol === value ? value.name : value }
        kind = fault[:kind]
        wrong("kind", kind, "one of #{FIELDS.keys.join(", ")}") unless String === kind && FIELDS.key?(kind)
        unknown = fault.keys - [:kind, *FIELDS[kind]]
        wrong("#{kind}: the option", unknown.first, "one of #{FIELDS[kind].join(", ")}") unless unknown.empty?

        FIELDS[kind].each do |name|
          check, rule = @rules.fetch(name)
          wrong("#{kind}: #{name}", fault[name], rule) unless check.call(fault[name])
        end
        fault
      end

      private

      def number(range)
        [->(value) { Integer === value && range.cover?(value) }, "a number from #{range.min} to #{range.max}"]
      end

      def wrong(what, value, rule)
        raise Errors::InvalidConfiguration, "embedded broker: fault #{what} is #{Setup::Problems.show(what, value)}; " \
                                            "give #{rule}"
      end
    end
  end
end
