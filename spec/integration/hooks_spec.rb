# frozen_string_literal: true

# Owns the proof that a controller hears of its assignment, its revocation and the stop: once each, in the instance
# that consumes, never beside a job, with the last chance to mark.
RSpec.describe "The hooks of a controller" do
  let(:log) { Queue.new }

  def taken
    Array.new(log.size) { log.pop }
  end

  def publish(count, **options)
    Karafka.producer.produce_many_sync(Array.new(count) { |it| { topic: "t", payload: it.to_s, **options } })
  end

  def committed(partition)
    properties = Karafka::Setup::Librdkafka.consumer(Karafka::App.consumer_groups.first)
    Karafka::Native.positions(properties, [["t", partition]], 10).first[:committed]
  end

  def with_hooks(names = %i[on_assigned on_revoked on_shutdown], &consume)
    consumer = controller(log, &(consume || -> { log << [:consume, partition, object_id] }))
    names.each { |name| consumer.define_method(name) { log << [name, partition, object_id] } }
    consumer
  end

  def route(consumer, partitions: 1, automatic: true)
    broker("t" => partitions)
    setup_application do |config|
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
      config.kafka.automatically_mark_as_consumed = automatic
    end
    draw { consumer_group(:g) { topic(:t) { controller consumer } } }
  end

  # A second member of the group, in a process of its own.
  def other_member
    karafka_server(<<~RUBY)
      class Quiet < Karafka::BaseController
        def consume; end
      end
      application { |config| config.client_id = "spec" }
      routes { consumer_group(:g) { topic(:t) { controller Quiet } } }
    RUBY
  end

  it "are called once around the messages, in one instance" do
    route(with_hooks)
    publish(2)
    serving { wait_until("both") { log.size == 3 } }
    entries = taken
    expect(entries.map(&:first)).to eq(%i[on_assigned consume consume on_shutdown])
    expect(entries.map(&:last).uniq.size).to eq(1)
  end

  it "are called for a partition without messages too" do
    route(with_hooks)
    serving { wait_until("the assignment") { log.size == 1 } }
    expect(taken.map(&:first)).to eq(%i[on_assigned on_shutdown])
  end

  it "cost nothing where there are none: no instance is made before a message comes" do
    route(controller(log) { nil })
    assigned = hear("partitions.assigned")
    serving { wait_until("the assignment") { assigned.any? } }
    expect(Karafka::App.consumer_groups.first.topics.first.hooks?).to be false
  end

  it "have the last chance to mark before the partition goes" do
    consumer = controller(log) do
      (@kept ||= []) << params
      log << :kept
    end
    consumer.define_method(:on_revoked) { log << [partition, mark_as_consumed(@kept.last)] }
    route(consumer, partitions: 2, automatic: false)
    2.times { |partition| publish(3, partition: partition) }
    serving do
      wait_until("all are kept") { log.size == 6 }
      taken
      other_member
      wait_until("a revocation") { log.size == 1 }
      gone, marked = log.pop
      expect(marked).to be true
      wait_until("the commit") { committed(gone) == 3 }
      expect(committed(1 - gone).to_i).to eq(0)
    end
  end

  it "that raise before the messages are called again, and no message comes before" do
    consumer = with_hooks(%i[on_shutdown])
    consumer.define_method(:on_assigned) do
      log << [:on_assigned]
      raise "not yet" if log.size < 3
    end
    route(consumer)
    failures = hear("worker.hook_failed")
    publish(1)
    serving { wait_until("the message") { log.size == 4 } }
    expect(taken.map(&:first)).to eq(%i[on_assigned on_assigned on_assigned consume on_shutdown])
    expect(failures.map { |it| it.slice(:hook, :attempt) })
      .to eq([{ hook: "on_assigned", attempt: 1 }, { hook: "on_assigned", attempt: 2 }])
  end

  it "that raise at the end are told and stop nothing" do
    consumer = controller(log) { log << params.offset }
    consumer.define_method(:on_shutdown) { raise "at the end" }
    route(consumer)
    failures = hear("worker.hook_failed")
    publish(1)
    serving { wait_until("the message") { log.size == 1 } }
    expect(failures.map { |it| [it[:hook], it[:error].message] }).to eq([["on_shutdown", "at the end"]])
    expect(committed(0)).to eq(1)
    expect(@stopped_clean).to be true
  end

  # Where a partition begins is looked up before it is taken. librdkafka, told to begin at an end, would look it up
  # beside a seek, and sometimes go there after all.
  [true, false].each do |beginning|
    it "may seek in a partition that the group never read, start_from_beginning #{beginning}" do
      consumer = controller(log) { log << params.offset }
      consumer.define_method(:on_assigned) { seek(2) }
      broker("t" => 1)
      setup_application do |config|
        config.kafka.start_from_beginning = beginning
        config.kafka.librdkafka = { "debug" => "topic" }
      end
      draw { topic(:t) { controller consumer } }
      publish(5)
      lines = hear("connection.log")
      serving { wait_until("the first") { log.size.positive? } }
      expect(taken.first).to eq(2)
      messages = lines.map { |it| it[:message] }
      expect(messages.grep(/t \[0\]/)).not_to be_empty
      expect(messages.grep(/querying for logical offset/)).to eq([])
    end
  end
end
