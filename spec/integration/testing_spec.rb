# frozen_string_literal: true

require "spec_helper"
require "karafka_rs/testing"

RSpec.describe "Karafka::Testing.with_kafka" do
  let(:log) { Queue.new }
  let(:stuck) { Karafka::Testing::Stuck }
  let(:kit) { Karafka::Testing::Error }

  # Nothing of these settings can be reached.
  before do
    Karafka::App.setup do |config|
      config.client_id = "spec"
      config.logger = Logger.new(IO::NULL)
      config.kafka.seed_brokers = "kafka+ssl://kafka.example.com:9093"
      config.kafka.sasl_plain_username = "user"
      config.kafka.sasl_plain_password = "secret"
      config.kafka.pause_timeout = 60
    end
  end

  def with_kafka(...)
    Karafka::Testing.with_kafka(...)
  end

  def seen
    Array.new(log.size) { log.pop }
  end

  # A controller of the topic `t`, message by message.
  def consuming(batch: false, parent: Karafka::BaseController, &consume)
    log = self.log
    type = Class.new(parent) do
      define_method(:log) { log }
      define_method(:consume, &consume)
    end
    draw_topic(type, batch: batch)
    type
  end

  def native_threads
    Dir["/proc/self/task/*"].size
  end

  it "consumes for real, and says so when it has" do
    consuming { log << [params.payload, params.key, params.headers, params.offset, params.partition] }
    with_kafka(partitions: 2) do |kafka|
      report = kafka.produce(:t, { id: 1 }, key: "k", headers: { a: "b" }, partition: 1)
      expect(report.to_a).to eq ["t", 1, 0]
      kafka.drain
      expect(seen).to eq [[{ "id" => 1 }, "k", { "a" => "b" }, 0, 1]]
      expect([kafka.committed(:t, partition: 1), kafka.committed(:t)]).to eq [1, nil]
    end
  end

  it "drains what controllers produce for each other, sent by any producer" do
    log = self.log
    first = controller { WaterDrop::AsyncProducer.call(params.payload.to_s, topic: "b") }
    second = controller { log << params.payload && Karafka.producer.produce_sync(topic: "out", payload: "x") }
    draw do
      topic(:a) { controller first }
      topic(:b) { controller second }
    end
    with_kafka(topics: { out: 1 }) do |kafka|
      20.times { |n| kafka.produce(:a, n) }
      kafka.drain
      expect(seen).to eq((0...20).to_a)
      expect(kafka.records(:out).map(&:offset)).to eq((0...20).to_a)
      kafka.drain(:b)
    end
  end

  it "takes milliseconds" do
    consuming { log << 1 }
    times = Array.new(9) do
      start = now
      with_kafka { |kafka| kafka.produce(:t, 1) && kafka.drain }
      now - start
    end
    expect(times.sort[4]).to be < 0.25
  end

  it "raises what user code raises, once for each failure, and goes on when time has passed" do
    failing = [1, 1, 2]
    consuming do
      log << [params.payload, attempt]
      raise IOError, "no" if failing.first == params.payload && failing.shift
    end
    with_kafka do |kafka|
      [1, 2, 3].each { |n| kafka.produce(:t, n) }
      expect { kafka.drain }.to raise_error(IOError, "no")
      told = %r{within 10 s: t/0 of group t is at offset 0 of 3, and rests [56]\d\.\d s after IOError: no \(attempt 1}
      expect { kafka.drain }.to raise_error(stuck, told)
      2.times do
        kafka.pass(60)
        expect { kafka.drain }.to raise_error(IOError)
      end
      kafka.pass(60)
      kafka.drain
      expect(seen).to eq [[1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [3, 1]]
      expect(kafka.errors.map { |it| [it.topic, it.offset, it.attempt, it.backoff] })
        .to eq [["t", 0, 1, 60], ["t", 0, 2, 60], ["t", 1, 1, 60]]
    end
  end

  it "tries again without waiting when asked, and gives up in the end" do
    consuming { log << attempt && (raise IOError, "no" if params.payload == 2 || attempt < 4) }
    with_kafka do |kafka|
      kafka.produce(:t, 1)
      kafka.drain(errors: :retry)
      expect(seen).to eq [1, 2, 3, 4]
      kafka.produce(:t, 2)
      expect { kafka.drain(errors: :retry) }.to raise_error(IOError)
      expect(kafka.errors.last.attempt).to be >= 50
    end
  end

  it "fails jobs before user code sees them, and tries those again" do
    consuming { log << [params.payload, attempt] }
    with_kafka do |kafka|
      kafka.fail_next(:t, error: IOError.new("away"), times: 2)
      kafka.fail_next(:t, group: :other)
      kafka.produce(:t, 1)
      kafka.drain
      expect(seen).to eq [[1, 3]]
      expect(kafka.errors.map { |it| [it.error.message, it.injected] }).to eq [["away", true]] * 2
    end
  end

  it "has the cluster fail" do
    gate = Queue.new
    consuming { gate.pop && Karafka.producer.produce_sync(topic: "out", payload: "1") && log << attempt }
    with_kafka(topics: { out: 1 }) do |kafka|
      kafka.produce(:t, 1)
      kafka.fail_next(request: :produce, code: "MSG_SIZE_TOO_LARGE")
      2.times { gate << 1 }
      expect { kafka.drain }.to raise_error(Karafka::Errors::DeliveryFailed)
      kafka.drain(errors: :retry)
      expect([seen, kafka.records(:out).size]).to eq [[2], 1]
      kafka.fail_next(request: :offset_commit, code: "COORDINATOR_LOAD_IN_PROGRESS")
      gate << 1
      kafka.produce(:t, 1)
      kafka.drain
      expect(kafka.committed(:t)).to eq 2
    end
  end

  it "ends pauses by passing time, and says that something is paused" do
    consuming { log << params.offset && (pause(30) if params.payload == 1) || (pause if params.payload == 2) }
    with_kafka do |kafka|
      [1, 0, 2, 0].each { |n| kafka.produce(:t, n) }
      expect { kafka.drain }.to raise_error(stuck, /offset 1 of 4, and its controller has paused it for [23]\d\.\d s/)
      kafka.pass(30)
      expect { kafka.drain }.to raise_error(stuck, /offset 3 of 4, and its controller has paused it until it resumes/)
      expect(seen).to eq [0, 1, 2]
    end
  end

  it "is done when what a controller has left unmarked is consumed" do
    Karafka::App.config.kafka.automatically_mark_as_consumed = false
    consuming { (log << params.offset) && (mark_as_consumed(params) if params.payload == 1) }
    with_kafka do |kafka|
      [0, 1, 0].each { |n| kafka.produce(:t, n) }
      kafka.drain
      expect([seen, kafka.committed(:t)]).to eq [[0, 1, 2], 2]
    end
  end

  it "says what still runs, and where" do
    gate = Queue.new
    consuming { gate.pop }
    with_kafka do |kafka|
      kafka.produce(:t, 1)
      expect { kafka.drain(timeout: 0.2) }
        .to raise_error(stuck, /is at offset 0 of 1, where user code still runs, at .*testing_spec\.rb:#{__LINE__ - 4}/)
      gate << 1
      kafka.drain
    end
  end

  it "passes time for timed commits" do
    Karafka::App.config.kafka.offset_commit_interval = 900
    consuming { log << 1 }
    with_kafka do |kafka|
      kafka.produce(:t, 1)
      log.pop
      wait_until("the mark") { kafka.engine.standing.first[:marked] == 1 }
      # The first position, at most.
      expect(kafka.committed(:t).to_i).to eq 0
      kafka.pass(900)
      wait_until("the commit") { kafka.committed(:t) == 1 }
    end
  end

  describe "rebalances" do
    it "takes a partition, which comes back and goes on at the committed offset" do
      log = self.log
      draw_topic(Class.new(Karafka::BaseController) do
        define_method(:on_assigned) { log << [:assigned, partition] }
        define_method(:on_revoked) { log << [:revoked, partition] }
        define_method(:consume) { params_batch.each { |params| log << [params.partition, params.offset] } }
      end)
      with_kafka(partitions: 2) do |kafka|
        kafka.produce(:t, 1, partition: 1)
        kafka.drain
        expect(seen).to match_array [[:assigned, 0], [:assigned, 1], [1, 0]]
        result = kafka.revoke(:t, 1) do
          2.times { |n| kafka.produce(:t, 1, partition: n) }
          kafka.drain
          expect(seen).to match_array [[:revoked, 1], [0, 0]]
          expect { kafka.revoke(:t, 1) }.to raise_error(kit, "t/1 cannot be revoked: group t does not have it")
          :result
        end
        kafka.drain
        expect([result, seen]).to eq [:result, [[:assigned, 1], [1, 1]]]
      end
    end

    it "refuses the marks of work that goes on in a partition that is gone" do
      gate = Queue.new
      consuming do
        log << attempt
        log << [revoked?, gate.pop, revoked?, mark_as_consumed(params)]
      end
      with_kafka do |kafka|
        kafka.produce(:t, 1)
        expect(log.pop).to eq 1
        kafka.revoke(:t) { gate << 1 }
        gate << 2
        kafka.drain
        expect(seen).to eq [[false, 1, true, false], 1, [false, 2, false, true]]
      end
    end

    it "has a second member join and leave" do
      consuming { log << params.partition }
      with_kafka(partitions: 4) do |kafka|
        kafka.rebalance do
          4.times { |n| kafka.produce(:t, 1, partition: n) }
          kafka.drain
          expect(log.size).to eq 2
        end
        kafka.drain
        expect(seen.sort).to eq [0, 1, 2, 3]
        expect(kafka.errors).to eq []
      end
    end
  end

  describe "what it leaves behind" do
    it "is nothing of its settings, producers and states" do
      consuming { log << Karafka::App.running? }
      Karafka::Testing.capture!
      before = [Karafka::App.config.to_h, WaterDrop.config.to_h, Karafka::App.consumer_groups.first.to_h]
      inside = with_kafka do |kafka|
        kafka.produce(:t, 1) && kafka.drain
        expect(Karafka::App.config.kafka.seed_brokers).to eq [kafka.bootstrap_servers]
        Karafka::App.config.kafka.session_timeout = 7
        expect(Karafka::Testing.capturing?).to be false
        expect { Karafka::Testing.produced_by { nil } }.to raise_error(kit, /not recorded here/)
        Karafka.producer.produce_sync(topic: "out", payload: "1") && Karafka.producer
      end
      expect(inside.closed?).to be true
      expect(Karafka::Testing.capturing?).to be true
      expect([Karafka::App.config.to_h, WaterDrop.config.to_h, Karafka::App.consumer_groups.first.to_h]).to eq before
      expect([seen, Karafka::App.running?, Karafka::App.stopped?]).to eq [[true], false, false]
    ensure
      Karafka::Testing.release!
    end

    it "is no fault that the end would wait for, and no producer of the application's own" do
      consuming { log << params.payload }
      start = now
      own = with_kafka do |kafka|
        kafka.fail_next(request: :offset_commit, code: "COORDINATOR_LOAD_IN_PROGRESS", times: 10_000)
        producer = Karafka::Producer.new("bootstrap.servers" => kafka.bootstrap_servers)
        kafka.produce(:t, 1)
        log.pop
        kafka.inject(kind: :broker_down, broker: 1)
        kafka.inject(kind: :round_trip, broker: 1, millis: 60_000)
        producer
      end
      expect([own.closed?, now - start]).to match [true, be < 8]
    end

    it "is nothing when the block raises, and when user code hangs" do
      gate = Queue.new
      consuming { log << 1 && gate.pop }
      expect { with_kafka { |kafka| kafka.produce(:t, 1) && log.pop && raise(KeyError) } }.to raise_error(KeyError)
      expect(Thread.list.map(&:name).grep(/karafka/)).to eq []
      expect { with_kafka(&:drain) }.not_to raise_error
      expect { with_kafka { throw :out } }.to raise_error(UncaughtThrowError)
    end

    # Nothing but the kit collects garbage here.
    it "is neither memory, nor threads, nor descriptors, 200 times" do
      consuming { log << params.payload }
      once = -> { with_kafka { |kafka| kafka.produce(:t, 1) && kafka.drain } }
      memory = -> { File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i / 1024 }
      20.times { once.call }
      before = memory.call
      held = -> { %w[fd task].map { |kind| Dir["/proc/self/#{kind}/*"].size } }
      others = held.call
      180.times { once.call }
      expect(seen.size).to eq 200
      expect(memory.call).to be <= before + 20
      # Clients end on threads of their own; the collector may have overlooked the last ones.
      freed = -> { held.call.zip(others).all? { |is, was| is <= was + 10 } }
      wait_until("the end of clients", &freed)
    end
  end

  describe "what it refuses" do
    it "is to run without routes, twice, without a block, or a group that is not there" do
      expect { with_kafka { nil } }.to raise_error(kit, /there are no routes; load karafka.rb first/)
      consuming { nil }
      expect { with_kafka }.to raise_error(kit, "with_kafka needs a block; write `with_kafka { |kafka| ... }`")
      expect { with_kafka(groups: [:tt]) { nil } }.to raise_error(kit, /names :tt, which is no group; did you mean t/)
      with_kafka { expect { with_kafka { nil } }.to raise_error(kit, /is running already/) }
      expect { with_kafka(topics: { t: 0 }) { nil } }
        .to raise_error(Karafka::Errors::InvalidConfiguration, /partitions is 0/)
    end

    it "is what cannot be asked of it" do
      consuming { nil }
      {
        ->(kafka) { kafka.drain(:u) } => /drain\(:u\) names no group that runs; these do: t/,
        ->(kafka) { kafka.drain(errors: :keep) } => /give :raise or :retry/,
        ->(kafka) { kafka.pass(-1) } => /pass\(-1\) cannot be; give seconds from 0 up/,
        ->(kafka) { kafka.fail_next(:u) } => /fail_next\(:u\) names no topic of a route/,
        ->(kafka) { kafka.revoke(:u) } => /there is no route for topic u/,
        ->(kafka) { kafka.revoke(:t, 5) } => %r{t/5 cannot be revoked: group t does not have it},
        ->(kafka) { kafka.rebalance } => /a rebalance needs two partitions/
      }.each do |attempt, text|
        with_kafka { |kafka| expect { attempt.call(kafka) }.to raise_error(kit, text) }
      end
      with_kafka do |kafka|
        expect { kafka.fail_next(request: :brew) }.to raise_error(Karafka::Errors::InvalidConfiguration, /api/)
        expect { kafka.produce("a b", 1) }.to raise_error(WaterDrop::Errors::InvalidMessageOptions)
      end
    end

    it "is to go on when the application has stopped itself" do
      consuming { Karafka::App.stop! }
      with_kafka do |kafka|
        kafka.produce(:t, 1)
        expect { 100.times { kafka.drain && kafka.produce(:t, 1) } }
          .to raise_error(kit, /the server has ended; does something call App.stop!/)
      end
    end
  end
end
