# frozen_string_literal: true

# Owns which faults a history has and when. Pure: draws from the random numbers it is given. Each fault is plain data:
# seconds after the start, kind, and what the kind needs. Kinds with `for` end by themselves after so many seconds.
module Faults
  class FaultTimes
    GROUP = %w[NOT_COORDINATOR COORDINATOR_NOT_AVAILABLE UNKNOWN_MEMBER_ID REBALANCE_IN_PROGRESS ILLEGAL_GENERATION
               _TRANSPORT].freeze
    # Errors that brokers really answer these requests with. FENCED_INSTANCE_ID ends a consumer, and
    # OUT_OF_ORDER_SEQUENCE_NUMBER a producer. OFFSET_OUT_OF_RANGE is left out: a broker that lies about its log has
    # every record read again. So is UNKNOWN_PRODUCER_ID: what librdkafka concludes from it is true only where sequences
    # are checked, and the embedded broker does not.
    CODES = {
      fetch: %w[NOT_LEADER_FOR_PARTITION UNKNOWN_TOPIC_OR_PART REQUEST_TIMED_OUT KAFKA_STORAGE_ERROR
                FENCED_LEADER_EPOCH UNKNOWN_LEADER_EPOCH TOPIC_AUTHORIZATION_FAILED _TRANSPORT],
      produce: %w[NOT_LEADER_FOR_PARTITION REQUEST_TIMED_OUT NOT_ENOUGH_REPLICAS NOT_ENOUGH_REPLICAS_AFTER_APPEND
                  KAFKA_STORAGE_ERROR MSG_SIZE_TOO_LARGE INVALID_MSG OUT_OF_ORDER_SEQUENCE_NUMBER _TRANSPORT],
      init_producer_id: %w[NOT_COORDINATOR COORDINATOR_LOAD_IN_PROGRESS COORDINATOR_NOT_AVAILABLE _TRANSPORT],
      offset_commit: [*GROUP, "COORDINATOR_LOAD_IN_PROGRESS", "REQUEST_TIMED_OUT", "TOPIC_AUTHORIZATION_FAILED"],
      join_group: [*GROUP - ["ILLEGAL_GENERATION"], "COORDINATOR_LOAD_IN_PROGRESS"],
      sync_group: [*GROUP, "COORDINATOR_LOAD_IN_PROGRESS"],
      heartbeat: [*GROUP, "FENCED_INSTANCE_ID"],
      find_coordinator: %w[COORDINATOR_NOT_AVAILABLE COORDINATOR_LOAD_IN_PROGRESS _TRANSPORT],
      offset_fetch: %w[NOT_COORDINATOR COORDINATOR_LOAD_IN_PROGRESS UNSTABLE_OFFSET_COMMIT _TRANSPORT],
      metadata: %w[LEADER_NOT_AVAILABLE UNKNOWN_TOPIC_OR_PART _TRANSPORT],
      list_offsets: %w[NOT_LEADER_FOR_PARTITION LEADER_NOT_AVAILABLE UNKNOWN_TOPIC_OR_PART _TRANSPORT],
      leave_group: %w[UNKNOWN_MEMBER_ID NOT_COORDINATOR _TRANSPORT]
    }.freeze
    TOPIC = %w[LEADER_NOT_AVAILABLE UNKNOWN_TOPIC_OR_PART TOPIC_AUTHORIZATION_FAILED].freeze
    PROCESSES = %w[kill kill stop term quiet].freeze
    CLUSTER = {
      "mock" => %w[requests requests requests requests broker_down round_trip topic], "nisshi" => %w[restart]
    }.freeze

    # @param random [Random]
    # @param cluster [Hash] kind and number of brokers
    # @param names [Array<String>] of the members
    # @param first [Integer] how many of them start with the history; the others join
    # @param without [Array<String>] kinds that make no sense here
    def initialize(random, cluster, names, first:, partitions:, duration:, without: [])
      @without = without
      @random = random
      @cluster = cluster
      @names = names
      @joining = names.drop(first)
      @partitions = partitions
      @duration = duration
    end

    # @return [Array<Hash>] in order of time
    def draw
      joins = @joining.map { |name| { at: moment, kind: "join", member: name } }
      some = Array.new(@random.rand(3..8)) { one }
      (joins + some).sort_by { |fault| fault[:at] }
    end

    private

    def one
      kind = pick(kinds)
      { at: moment, kind: kind, **details(kind) }
    end

    def kinds
      several = @cluster[:brokers] > 1 ? %w[coordinator leader] : []
      PROCESSES + CLUSTER.fetch(@cluster[:kind]) + several - @without
    end

    def details(kind)
      case kind
      when "kill" then leaving
      when "term" then { signal: pick(%w[TERM TERM INT QUIT]), **leaving }
      when "quiet" then { for: seconds(0.1, 1.0), **leaving }
      # Stopped for less than the session, or for more.
      when "stop" then { member: pick(@names), for: @random.rand < 0.5 ? seconds(0.1, 0.9) : seconds(3.0, 4.0) }
      else cluster_details(kind)
      end
    end

    def cluster_details(kind)
      case kind
      when "requests"
        api = pick(CODES.keys)
        { api: api, code: pick(CODES.fetch(api)), times: @random.rand(1..6) }
      when "broker_down" then { broker: broker, for: seconds(0.1, 1.5) }
      when "round_trip" then { broker: broker, millis: @random.rand(20..600), for: seconds(0.3, 2.0) }
      when "coordinator" then { broker: broker }
      when "leader" then { broker: broker, partition: @random.rand(@partitions) }
      when "topic" then { code: pick(TOPIC), for: seconds(0.1, 1.0) }
      when "restart" then { for: seconds(0.1, 1.0) }
      end
    end

    # What was killed or has left comes back as a new process, or stays away.
    def leaving
      { member: pick(@names), again: @random.rand < 0.6 ? seconds(0.1, 1.5) : nil }
    end

    # Consumers need a while to be there; what comes before meets them in their first steps.
    def moment
      (@random.rand * (@duration + 0.5)).round(3)
    end

    def seconds(least, most)
      @random.rand(least..most).round(3)
    end

    def broker
      @random.rand(1..@cluster[:brokers])
    end

    def pick(list)
      list[@random.rand(list.size)]
    end
  end
end
