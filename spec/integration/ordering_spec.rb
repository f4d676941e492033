# frozen_string_literal: true

# Owns the proof that every record of a partition comes once, in order, to one worker at a time.
RSpec.describe "Order of consumption" do
  # Numbers by partition as user code saw them, and what went wrong on the way.
  let(:seen) { Hash.new { |all, partition| all[partition] = [] } }
  let(:overlaps) { Queue.new }
  let(:threads) { Queue.new }

  # A block for `consume` that takes what `values` gives and notices a second worker in the same partition.
  def watched(seen, overlaps, threads)
    busy = Array.new(6) { Mutex.new }
    lambda do |partition, &values|
      alone = busy[partition].try_lock
      overlaps << partition unless alone
      threads << Thread.current.name if threads.size < 10_000
      seen[partition].concat(values.call)
    ensure
      busy[partition].unlock if alone
    end
  end

  def publish(numbers, keys:)
    numbers.each_slice(5_000) do |slice|
      Karafka.producer.produce_many_async(
        slice.map { |number| { topic: "numbers", payload: number.to_s, key: "key-#{number % keys}" } }
      ).each { |handle| handle.wait(20) || raise("not delivered") }
    end
  end

  def total
    seen.values.sum(&:size)
  end

  it "keeps the order of 100,000 keyed records on 6 partitions with 5 workers, and loses and doubles none" do
    6.times { |partition| seen[partition] }
    watch = watched(seen, overlaps, threads)
    consumer = controller do
      watch.call(params_batch.partition) do
        params_batch.map { |params| [params.offset, params.raw_payload.to_i, params.key] }
      end
    end
    broker("numbers" => 6)
    setup_application { |config| config.concurrency = 5 }
    draw do
      topic(:numbers) do
        controller consumer
        batch_consuming true
      end
    end

    serving do
      publish(0...100_000, keys: 500)
      wait_until("100,000 records (#{total})", timeout: 60) { total >= 100_000 }
    end

    seen.each_value { |records| expect(records.map(&:first)).to eq((0...records.size).to_a) }
    expect(seen.values.flatten(1).map { |record| record[1] }.sort).to eq((0...100_000).to_a)
    by_key = seen.values.flat_map { |records| records.group_by { |record| record[2] }.values }
    expect(by_key.size).to eq(500)
    expect(by_key.map { |records| records.map { |record| record[1] } }).to all(satisfy { |list| list == list.sort })
    expect(overlaps).to be_empty
    expect(Array.new(threads.size) { threads.pop }.uniq.size).to be > 1
  end

  it "keeps it message by message while every fiftieth one fails the first time" do
    6.times { |partition| seen[partition] }
    failed = Queue.new
    once = (50..6_000).step(50).to_h { |number| [number, Queue.new.tap { |queue| queue << true }] }
    watch = watched(seen, overlaps, threads)
    consumer = controller do
      number = params.payload
      fails = once.key?(number) && once[number].size.positive?
      watch.call(params.partition) { fails ? [] : [params.offset] }
      next unless fails

      failed << once[number].pop
      raise "not yet"
    end
    broker("numbers" => 6)
    setup_application do |config|
      config.concurrency = 5
      config.kafka.pause_timeout = 0.001
    end
    draw { topic(:numbers) { controller consumer } }

    serving do
      publish(1..6_000, keys: 47)
      wait_until("6,000 records (#{total})", timeout: 40) { total >= 6_000 }
    end

    seen.each_value { |offsets| expect(offsets).to eq((0...offsets.size).to_a) }
    expect(failed.size).to eq(120)
    expect(overlaps).to be_empty
  end

  it "lets a busy partition starve no quiet one, with a single worker" do
    log = Queue.new
    consumer = controller(log) { params_batch.each { |params| log << params.raw_payload } }
    broker("numbers" => 2)
    setup_application do |config|
      config.concurrency = 1
      config.max_messages = 10
    end
    draw do
      topic(:numbers) do
        controller consumer
        batch_consuming true
      end
    end
    5_000.times { Karafka.producer.produce_async(topic: "numbers", payload: "busy", partition: 0) }
    10.times { Karafka.producer.produce_async(topic: "numbers", payload: "quiet", partition: 1) }
    Karafka.producer.flush(10)

    serving { wait_until("all records") { log.size >= 5_010 } }

    order = Array.new(log.size) { log.pop }
    expect(order.rindex("quiet")).to be < 2_500
  end

  it "reads a topic from its end on when the route says so" do
    log = Queue.new
    consumer = controller(log) { log << params.payload }
    broker("numbers" => 1)
    setup_application
    draw do
      topic(:numbers) do
        controller consumer
        start_from_beginning false
      end
    end
    assigned = hear("partitions.assigned")
    Karafka.producer.produce_sync(topic: "numbers", payload: "1")

    serving do
      wait_until("the assignment") { assigned.any? }
      # The position at the end is looked up after the assignment, so what is sent meanwhile may be before it.
      number = 1
      wait_until("a new record") do
        Karafka.producer.produce_sync(topic: "numbers", payload: (number += 1).to_s)
        log.size.positive?
      end
    end

    expect(log.pop).to be > 1
  end
end
