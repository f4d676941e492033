# frozen_string_literal: true

require_relative "plan/fault_times"

# Owns what one history consists of, drawn from its seed and nothing else: the same seed gives the same plan, as plain
# data. Pure. Must not know how anything is carried out.
module Faults
  class Plan
    STRATEGIES = { "cooperative-sticky" => 12, "roundrobin" => 3, "range" => 3, "consumer" => 2 }.freeze
    # How user code fails: kinds that consumer.rb knows.
    FAILURES = { "standard" => 6, "script" => 2, "memory" => 1, "kill" => 1, "exit" => 1 }.freeze
    # The embedded broker rebalances in about a session less a second, nisshi takes no session below its own least.
    SESSION = { "mock" => 1.5, "nisshi" => 6 }.freeze

    # @param seed [Integer]
    # @param brokers [Array<String>] kinds of brokers that may be drawn: "mock", "nisshi"
    # @return [Hash{Symbol => Object}] plain data that JSON can carry
    def self.for(seed, brokers: %w[mock nisshi])
      new(seed, brokers).draw
    end

    def initialize(seed, brokers)
      @seed = seed
      @random = Random.new(seed)
      drawn = chance(0.8) ? "mock" : "nisshi"
      @kind = brokers.include?(drawn) ? drawn : brokers.first
    end

    def draw
      @partitions = between(1, 6)
      @strategy = weighted(STRATEGIES)
      # Nisshi does not know the new protocol.
      @strategy = "cooperative-sticky" if @kind == "nisshi" && @strategy == "consumer"
      @static = @kind == "nisshi" && chance(0.4)
      duration = @kind == "mock" ? fraction(1.5, 3.0) : fraction(2.0, 4.0)
      first = between(1, 3)
      later = between(0, 2)
      members = Array.new(first + later) { |index| member("c#{index + 1}") }
      cluster = { kind: @kind, brokers: @kind == "mock" ? between(1, 3) : 1 }
      names = members.map { |one| one[:name] }
      # Under the new protocol the embedded broker gives partitions away that a silent member still has.
      without = @strategy == "consumer" ? %w[stop broker_down] : []
      times = FaultTimes.new(@random, cluster, names, first: first, partitions: @partitions, duration: duration,
                                                      without: without)
      {
        seed: @seed, broker: cluster, partitions: @partitions, strategy: @strategy, duration: duration, first: first,
        members: members, producer: producer, faults: times.draw
      }
    end

    private

    def member(name)
      session = SESSION.fetch(@kind)
      {
        name: name, session: session, batch: chance(0.6), max_messages: pick([1, 3, 10, 50, 1000]),
        concurrency: between(1, 5), commit_interval: pick([0.05, 0.1, 0.3, 1.0]), shutdown_timeout: 6,
        # Automatic marks, or after each record or batch by hand.
        marks: chance(0.55) ? nil : pick(%w[each each batch]), commit_now: chance(0.4),
        static: @static ? "static-#{name}" : nil, poll_interval: (session * 1000).round,
        failures: failures, late: chance(0.2), pause: pick([[0.05, nil], [0.15, nil], [0.05, 0.2]]),
        nap: [pick([20, 60]), fraction(0.005, 0.06)], long: chance(0.3) ? [250, session + 0.7] : nil,
        pauses: chance(0.3) ? [40, fraction(0.05, 0.5)] : nil,
        seeks: chance(0.3) ? [60, between(1, 30)] : nil
      }
    end

    def failures
      return if chance(0.35)

      [pick([60, 120, 300]), between(1, 3), weighted(FAILURES)]
    end

    def producer
      {
        mode: pick(%w[sync async async many]), rate: pick([60, 150, 300]), burst: pick([1, 10, 40]),
        keys: pick([0, 5, 50]), explicit: chance(0.3),
        # The embedded broker does not check sequences: it would take what follows a refused batch, and librdkafka
        # concludes from that acknowledgement that the refused one is there too.
        in_flight: @kind == "mock" ? 1 : 5
      }
    end

    def chance(share)
      @random.rand < share
    end

    def between(least, most)
      @random.rand(least..most)
    end

    def fraction(least, most)
      @random.rand(least..most).round(3)
    end

    def pick(list)
      list[@random.rand(list.size)]
    end

    def weighted(weights)
      pick(weights.flat_map { |value, weight| [value] * weight })
    end
  end
end
