# frozen_string_literal: true

require_relative "brokers"
require_relative "case"
require_relative "topic"

# Owns the list of everything that is measured, and what must be reached. Pure.
module Cases
  RECORDS = Integer(ENV.fetch("RECORDS", "1000000"))
  SMALL = Topic.new("small", 40, RECORDS)
  FLIGHTS = Topic.new("flights", 40, RECORDS / 2)
  NESTED = Topic.new("nested", 40, RECORDS / 10)
  LARGE = Topic.new("large", 40, RECORDS / 50)
  # A millisecond for each record: some seconds with one worker.
  SLOW = Topic.new("small", 10, [RECORDS / 400, 50].max)
  # Those that take a round trip each.
  FEW = RECORDS / 100
  WAKING = [-> { Brokers.noida }, "no noida-db on PATH nor in tmp/tools: run bin/setup --external"].freeze
  # What starting and each partition cost once is to be little beside what a record costs.
  GROWTH = RECORDS * 4
  PLUCK = [-> { Karafka::Params::ParamsBatch.method_defined?(:pluck) }, "params_batch.pluck is not there"].freeze

  # Makes the cases of a group, which have much in common.
  class Group
    # @param common [Hash] what each case has that does not say otherwise
    def initialize(group, **common)
      @common = { group: group, targets: {}, **common }
    end

    # The whole framework, consuming.
    def consume(key, name, mode, workers: nil, **more)
      field = Records.field(@common.fetch(:topic).kind)
      add(key, name, "consume", mode, :brokers, :topic, :partitions, :records, field, *workers, **more)
    end

    # Plain Ruby over the bridge, without the framework.
    def bridge(key, name, mode, **more)
      field = Records.field(@common.fetch(:topic).kind)
      add(key, name, "bridge", mode, :brokers, :topic, :partitions, :records, field, **more)
    end

    # Producing.
    def produce(key, name, mode, **more)
      add(key, name, "produce", mode, :brokers, :topic, :partitions, :records, **more)
    end

    # A loop in Rust alone: bench/ceiling/.
    def rust(key, name, way, work = "count", **more)
      add(key, name, "ceiling", way, work, :topic, :records, **more)
    end

    # Any program.
    def add(key, name, program, *arguments, **more)
      Case.new(**@common, key: key, name: name, program: program, arguments: arguments, **more)
    end
  end

  class << self
    # @param words [Array<String>, nil] groups and cases, all without
    # @return [Array<Case>] those, and what they are compared with
    def asked(words)
      asked = all.select { |it| it.among?(words) }
      compared = asked.flat_map(&:compared)
      all.select { |it| asked.include?(it) || compared.include?(it.title) }
    end

    # @param cases [Array<Case>]
    # @return [Hash{Case => String}] those that cannot be measured, and why
    def missing(cases)
      gone = cases.to_h { |it| [it, it.missing] }.compact
      titles = gone.keys.map(&:title)
      alone = (cases - gone.keys).select { |it| it.compared.intersect?(titles) }
      gone.merge(alone.to_h { |it| [it, "it is compared with what cannot be measured"] })
    end

    # @return [Array<Case>]
    def all
      @all ||= [
        *consume, *json, *partitions, *io, *observe, *produce, *latency, *groups, *boot, *idle
      ].freeze
    end

    private

    # 100 bytes each; the ceiling is the fastest of three ways to consume in Rust.
    def consume
      group("consume", topic: SMALL, ceiling: %w[rust-base rust-batch rust-split]) do |it|
        [
          it.rust("rust-base", "Rust, record by record", "base"),
          it.rust("rust-batch", "Rust, batch call", "batch"),
          it.rust("rust-split", "Rust, batch call on each queue", "split"),
          it.rust("rust-touch", "Rust, every byte looked at", "split", "touch"),
          it.rust("rust-field", "Rust, one field of the JSON", "split", "field"),
          it.rust("core", "our core, driven from Rust", "core"),
          it.bridge("bridge-count", "plain Ruby over the bridge, count", "count"),
          it.bridge("bridge-raw", "plain Ruby over the bridge, payloads", "raw"),
          it.bridge("bridge-json", "plain Ruby over the bridge, JSON", "json"),
          it.consume("count", "params_batch.size", "count",
                     targets: { of_ceiling: (0.85..), objects_per_record: (..0.05) }),
          it.consume("raw", "each, raw_payload", "raw",
                     targets: { of_ceiling: (0.70..), objects_per_record: (..2.05) }),
          it.consume("raws", "raw_payloads", "raws", targets: { objects_per_record: (..1.05) }),
          it.consume("json", "each, payload (JSON, all fields)", "json",
                     targets: { of_ceiling: (0.33..), cpu_seconds_per_million: (..1.7) }),
          it.consume("pluck", "pluck of one field", "pluck", ceiling: "rust-field", needs: PLUCK,
                                                             targets: { of_ceiling: (0.60..) }),
          it.consume("single-raw", "message by message, raw_payload", "single_raw", targets: { of_ceiling: (0.25..) }),
          it.consume("single-json", "message by message, payload", "single_json"),
          it.consume("count-1", "params_batch.size, 1 worker", "count", workers: 1),
          it.consume("raw-1", "each, raw_payload, 1 worker", "raw", workers: 1),
          it.consume("json-1", "each, payload, 1 worker", "json", workers: 1),
          it.consume("single-raw-1", "message by message, raw_payload, 1 worker", "single_raw", workers: 1)
        ]
      end
    end

    # The same work here is reading all of the JSON.
    def json
      { "100 B" => SMALL, "flights" => FLIGHTS, "1 KB" => NESTED, "10 KB" => LARGE }.flat_map do |size, topic|
        group("json", topic: topic, ceiling: "rust-#{topic.kind}") do |it|
          [
            it.rust("rust-#{topic.kind}", "#{size}: Rust, serde_json to values", "split", "value"),
            it.consume(topic.kind, "#{size}: each, payload", "json"),
            it.consume("ruby-#{topic.kind}", "#{size}: the same with Ruby's own parser", "ruby_json")
          ]
        end
      end
    end

    def partitions
      [1, 12, 100, 1_000].flat_map do |count|
        topic = Topic.new("small", count, GROWTH, bounded: Brokers.nisshi.nil?)
        group("partitions", topic: topic, ceiling: "rust-#{count}") do |it|
          grown = count == 1_000 ? { cpu_growth: (..1.15) } : {}
          [
            it.rust("rust-#{count}", "#{count}: Rust, batch call on each queue", "split",
                    grows_from: "rust-1"),
            it.consume("p#{count}", "#{count}: each, raw_payload", "raw", grows_from: "p1", targets: grown)
          ]
        end
      end
    end

    def io
      [1, 5].flat_map do |workers|
        group("io", topic: SLOW, theory: workers / 0.001) do |it|
          [it.consume("batch-#{workers}", "batches, #{workers} at a time", "sleep", workers: workers),
           it.consume("single-#{workers}", "messages, #{workers} at a time", "single_sleep", workers: workers)]
        end
      end
    end

    # Long enough for many questions. The first is the ceiling of the others: it is not asked anything.
    def observe
      group("observe", topic: Topic.new("small", 12, GROWTH, bounded: Brokers.nisshi.nil?), ceiling: "alone",
                       grows_from: "alone", targets: { cpu_growth: (..1.02) }) do |it|
        [it.consume("alone", "each, raw_payload, no endpoint", "raw", ceiling: nil, grows_from: nil, targets: {}),
         it.consume("asked", "/metrics and /status asked once a second", "raw@1"),
         it.consume("asked-often", "the same ten times a second", "raw@10")]
      end
    end

    # By default nothing lingers, so that a message leaves at once; who sends much may let it.
    def produce
      group("produce", topic: Topic.empty(40, "produced"), records: RECORDS, ceiling: "rust-batch") do |it|
        [*produce_async(it, "", [], ""), *produce_async(it, "-linger", ["linger.ms=5"], ", linger 5 ms"),
         *produce_together(it), *produce_one(it)]
      end
    end

    # A handle is an object, what its wait gives is another.
    def produce_async(it, key, properties, name)
      way = key.empty? ? "" : ":0.005"
      # Who takes reports while others are put on their way may be slower than who waits for them now and then.
      common = { ceiling: key.empty? ? %w[rust-batch rust-together] : "rust-batch#{key}" }
      [
        it.add("rust-batch#{key}", "Rust, batch call#{name}", "ceiling_produce", "batch", :topic, :records,
               *properties, ceiling: nil),
        it.produce("fire#{key}", "async, no handle#{name}", "fire#{way}", **common,
                   targets: { of_ceiling: (0.55..), objects_per_record: (..0.05) }),
        it.produce("handles#{key}", "async, handles, wait for all#{name}", "handles#{way}", **common,
                   targets: { of_ceiling: (0.25..), rate: (450_000..), objects_per_record: (..2.05) }),
        it.produce("many#{key}", "many records a call#{name}", "many#{way}", **common,
                   targets: { of_ceiling: (0.90..), objects_per_record: (..0.05) })
      ]
    end

    # What waits is compared with what waits; its share of the call that does not is shown, too.
    def produce_together(it)
      [it.add("rust-together", "Rust, batch calls, 10,000 records waited for", "ceiling_produce", "together",
              :topic, :records, ceiling: nil),
       it.produce("many-sync", "many records a call, each call waits", "many_sync",
                  ceiling: "rust-together", beside: "rust-batch",
                  targets: { of_ceiling: (0.90..), objects_per_record: (..1.05) }),
       it.produce("responder", "a responder with 100 records", "responder", records: RECORDS / 10)]
    end

    def produce_one(it)
      common = { records: FEW, pinned: true }
      [it.add("rust-sync", "Rust, each waited for", "ceiling_produce", "sync", :topic, :records, ceiling: nil,
                                                                                                 **common),
       it.produce("sync", "sync", "sync", ceiling: "rust-sync", targets: { of_ceiling: (0.90..) }, **common)]
    end

    # Each run some seconds, whatever the rate.
    def latency
      topic = Topic.empty(4, broker: Brokers::WAKING)
      { 20 => 300, 1_000 => 3_000 }.flat_map do |rate, records|
        group("latency", topic: topic, records: records, ceiling: "rust-#{rate}", needs: WAKING,
                         targets: { p50_above_ms: (..0.5), p99_above_ms: (..3.0) }) do |it|
          name = "#{rate} messages a second"
          [
            it.add("rust-#{rate}", "#{name}: Rust", "ceiling_latency", "consume", :topic, rate, :records,
                   ceiling: nil, targets: {}),
            *[5, 1].map do |workers|
              it.add("#{workers}-at-#{rate}", "#{name}: #{workers} at a time", "latency",
                     :brokers, :topic, rate, workers, :records)
            end
          ]
        end
      end
    end

    def groups
      topic = Topic.new("small", 12, RECORDS / 10)
      group("groups", topic: topic, grows_from: "1") do |it|
        [1, 5, 20].map do |count|
          it.add(count.to_s, "#{count} groups in one process", "growth", :brokers, :topic, :partitions, count, :records,
                 targets: count == 20 ? { cpu_growth: (..1.15) } : {})
        end
      end
    end

    def boot
      group("boot", topic: Topic.new("small", 4, 400)) do |it|
        [it.add("boot", "start to the first record", "boot", :brokers, :topic, 1,
                targets: { beyond_rust_ms: (..350) })]
      end
    end

    def idle
      group("idle", topic: Topic.empty(12)) do |it|
        [it.add("idle", "partitions and nothing to do", "idle", :brokers, :topic, 3, 5,
                targets: { cpu_ms_per_second: (..1.0), over_plain_ruby_kb: (..40_960) })]
      end
    end

    def group(name, **common)
      yield Group.new(name, **common)
    end
  end
end
