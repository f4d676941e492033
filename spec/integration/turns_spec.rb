# frozen_string_literal: true

# Owns the proof that turns of a partition with poll callbacks never overlap, end with the partition, come at their own
# time, and fail nothing that was done.
RSpec.describe "Turns" do
  let(:log) { Queue.new }

  def taken
    @taken ||= []
    @taken << log.pop until log.empty?
    @taken
  end

  def publish(payload, **options)
    Karafka.producer.produce_sync(topic: "t", payload: payload, **options)
  end

  def with_callbacks(parent: Karafka::BaseController, &definition)
    consumer = controller(log, parent: parent) { log << [:consume, params.raw_payload] }
    consumer.include(Karafka::Controllers::Callbacks)
    consumer.class_eval(&definition)
    consumer
  end

  def route(consumer, partitions: 1, kept: true, automatic: true)
    broker("t" => partitions)
    setup_application do |config|
      config.kafka.max_wait_time = 0.05
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
      yield config if block_given?
    end
    draw do
      consumer_group(:g) do
        automatically_mark_as_consumed automatic
        topic(:t) do
          controller consumer
          persistent kept
        end
      end
    end
  end

  # A member that takes its share and does nothing.
  def other_member
    inbox = Karafka::Native::Inbox.new
    properties = Karafka::Setup::Librdkafka.consumer(Karafka::App.consumer_groups.first)
    member = Karafka::Native::Consumer.new(inbox, group: 0, topics: [{ name: "t", start: "earliest" }], ready_limit: 5,
                                                  max_messages: 10, max_bytes: 1_000_000, properties: properties)
    yield
  ensure
    member&.close(10)
  end

  def mentions?(events, partition)
    events.any? { |event| event[:partitions].any? { |it| it[:partition] == partition } }
  end

  # A gate in the first empty turn of partition 0.
  def gate(consumer)
    held = Queue.new
    opened = Queue.new
    consumer.before_poll do
      next unless partition.zero? && Thread.current.name == "karafka-turns" && opened.empty?

      held << true
      opened.pop.tap { |it| opened << it }
      held.pop
    end
    [held, opened]
  end

  it "run a parent's blocks and a child's, under the same names too" do
    parent = with_callbacks { after_fetched { log << [:parent] } }
    route(with_callbacks(parent: parent) { after_fetched { log << [:child] } })
    publish("a")
    serving { wait_until("a") { taken.include?([:consume, "a"]) } }
    expect(taken).to eq([[:parent], [:child], [:consume, "a"]])
  end

  it "of another instance are waited for, where instances are not kept" do
    consumer = with_callbacks { nil }
    held, opened = gate(consumer)
    consumer.define_method(:consume) { log << [:consume, params.raw_payload, held.empty?] }
    route(consumer, kept: false)
    publish("a")
    serving do
      wait_until("an empty turn") { !held.empty? }
      GC.disable
      before = Karafka::Native::Batch.retained_bytes
      publish("b")
      wait_until("b has reached its worker") { Karafka::Native::Batch.retained_bytes > before }
      GC.enable
      opened << true
      wait_until("b") { taken.size == 2 }
    end
    expect(taken).to eq([[:consume, "a", true], [:consume, "b", true]])
  end

  it "of an assignment before are waited for when the partition comes back" do
    consumer = with_callbacks { nil }
    held, opened = gate(consumer)
    consumer.define_method(:consume) { log << [:consume, params.raw_payload, held.empty?] }
    route(consumer, partitions: 2)
    publish("a", partition: 0)
    revoked = hear("partitions.revoked")
    assigned = hear("partitions.assigned")
    serving do
      wait_until("an empty turn") { !held.empty? }
      other_member { wait_until("the revocation") { mentions?(revoked, 0) } }
      before = assigned.size
      wait_until("the partition is back") { mentions?(assigned.drop(before), 0) }
      publish("b", partition: 0)
      opened << true
      wait_until("b") { taken.size >= 2 }
    end
    expect(taken.map(&:last).uniq).to eq([true])
  end

  it "come before a further batch, where instances are not kept too" do
    route(with_callbacks { before_poll { log << [:poll, Thread.current.name[/worker|turns/]] } }, kept: false)
    serving do
      %w[a b].each do |payload|
        publish(payload)
        wait_until(payload) { taken.include?([:consume, payload]) }
      end
    end
    expect(taken).to include([:poll, "worker"])
  end

  it "end with the last hook" do
    route(with_callbacks do
      before_poll { log << [:poll, partition] }
      define_method(:on_revoked) { log << [:revoked, partition] }
    end, partitions: 2)
    2.times { |partition| publish("a", partition: partition) }
    serving do
      wait_until("turns of both") { [[:poll, 0], [:poll, 1]].all? { |it| taken.include?(it) } }
      other_member { wait_until("the revocation") { taken.any? { |it| it[0] == :revoked } } }
    end
    gone = taken.find { |it| it[0] == :revoked }
    back = taken.drop(taken.index(gone) + 1).index { |it| it == [:consume, "a"] } || taken.size
    expect(taken.drop(taken.index(gone) + 1).take(back)).not_to include([:poll, gone[1]])
  end

  it "that fail behind messages are told, and the messages are done" do
    turns = hear("worker.turn_failed")
    failures = hear("worker.failed")
    errors = hear("error.occurred")
    route(with_callbacks { after_poll { raise "no" if (@polls = @polls.to_i + 1) == 1 } }, automatic: false)
    publish("a")
    serving do
      wait_until("the error") { turns.any? }
      publish("b")
      wait_until("b") { taken.include?([:consume, "b"]) }
    end
    expect([taken, failures, errors]).to eq([[[:consume, "a"], [:consume, "b"]], [], []])
    expect(turns[0][:error].message).to eq("no")
  end

  it "do not come while messages are to be tried again" do
    consumer = with_callbacks { after_poll { mark_as_consumed(params_batch.to_a.last) } }
    consumer.define_method(:consume) do
      log << [:consume, attempt]
      raise "no" if attempt < 2
    end
    route(consumer, automatic: false) { |config| config.kafka.pause_timeout = 0.4 }
    publish("a")
    serving { wait_until("the second attempt") { taken.size == 2 } }
    expect(taken).to eq([[:consume, 1], [:consume, 2]])
  end

  it "go on when a callback ends its thread" do
    route(with_callbacks do
      before_poll do
        log << [:poll]
        Thread.exit if (@polls = @polls.to_i + 1) == 1
      end
    end)
    publish("a")
    serving { wait_until("another turn") { taken.count([:poll]) >= 2 } }
  end

  it "let the last hook run when before_stop wants the process to end" do
    route(with_callbacks do
      before_stop { exit }
      define_method(:on_shutdown) { log << [:hook] }
    end)
    publish("a")
    serving { wait_until("a") { taken.any? } }
    expect([taken, @stopped_clean]).to eq([[[:consume, "a"], [:hook]], true])
  end
end
