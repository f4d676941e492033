# frozen_string_literal: true

# Owns the proof of what settings of groups and topics do to the way work is shared out and committed: threads for each
# group, commits by count, start positions by topic, work beyond the poll limit, clusters side by side, quiet.
RSpec.describe "A server" do
  let(:log) { Queue.new }

  def taken
    Array.new(log.size) { log.pop }
  end

  def publish(topic, count, **options)
    Karafka.producer.produce_many_sync(Array.new(count) { |it| { topic: topic, payload: it.to_s, **options } })
  end

  def committed(group, topic, partition = 0)
    group = Karafka::App.consumer_groups.find { |it| it.name == group }
    properties = Karafka::Setup::Librdkafka.consumer(group)
    Karafka::Native.positions(properties, [[topic, partition]], 10).first[:committed]
  end

  # Counts how many jobs of each topic run at the same time, at most.
  def busy_controller(most)
    running = Hash.new(0)
    lock = Mutex.new
    controller(log) do
      lock.synchronize { most[topic.name] = [most[topic.name], running[topic.name] += 1].max }
      sleep 0.05 # slow user code
      lock.synchronize { running[topic.name] -= 1 }
      log << topic.name
    end
  end

  it "keeps each group within its own share of the threads" do
    broker("narrow" => 6, "wide" => 6)
    setup_application { |config| config.concurrency = 3 }
    most = Hash.new(0)
    consumer = busy_controller(most)
    draw do
      consumer_group(:narrow) do
        concurrency 1
        topic(:narrow) { controller consumer }
      end
      consumer_group(:wide) do
        concurrency 6
        topic(:wide) { controller consumer }
      end
    end
    6.times { |partition| %w[narrow wide].each { |topic| publish(topic, 4, partition: partition) } }
    serving { wait_until("all") { log.size == 48 } }
    expect(most["narrow"]).to eq(1)
    expect(most["wide"]).to be > 3
  end

  it "commits after so many marks, long before its time" do
    broker("t" => 1)
    setup_application do |config|
      config.kafka.offset_commit_interval = 0
      config.kafka.offset_commit_threshold = 3
    end
    consumer = controller(log) { log << params.offset }
    draw { consumer_group(:g) { topic(:t) { controller consumer } } }
    publish("t", 4)
    serving do
      wait_until("the commit") { committed("g", "t").to_i >= 3 }
      expect(log.size).to be >= 3
    end
  end

  it "starts each topic of a group where its route says" do
    broker("old" => 1, "new" => 1)
    setup_application
    consumer = controller(log) { log << [topic.name, params.payload] }
    draw do
      consumer_group(:g) do
        topic(:old) { controller consumer }
        topic :new do
          controller consumer
          start_from_beginning false
        end
      end
    end
    %w[old new].each { |topic| publish(topic, 2) }
    assigned = hear("partitions.assigned")
    serving do
      wait_until("the assignment and the old messages") { assigned.any? && log.size >= 2 }
      expect(taken).to eq([["old", 0], ["old", 1]])
      wait_until("a new message") { publish("new", 1) && log.size.positive? }
      expect(log.pop.first).to eq("new")
    end
  end

  it "keeps its partitions while a job takes longer than max.poll.interval.ms" do
    broker("t" => 2)
    setup_application do |config|
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
      config.kafka.librdkafka = { "max.poll.interval.ms" => 1_500 }
    end
    consumer = controller(log) do
      sleep 2.5 if params.offset.zero? && partition.zero? # slow user code
      log << [partition, params.offset, attempt, revoked?]
    end
    draw { topic(:t) { controller consumer } }
    2.times { |partition| publish("t", 2, partition: partition) }
    revoked = hear("partitions.revoked")
    serving do
      wait_until("all") { log.size == 4 }
      expect(revoked).to eq([])
    end
    expect(taken).to contain_exactly([0, 0, 1, false], [0, 1, 1, false], [1, 0, 1, false], [1, 1, 1, false])
  end

  it "consumes from several clusters at once" do
    broker("t" => 1)
    other = Karafka::EmbeddedBroker.start(topics: { "t" => 1 })
    servers = other.bootstrap_servers
    setup_application
    consumer = controller(log) { log << [topic.consumer_group.name, params.raw_payload] }
    draw do
      consumer_group(:here) { topic(:t) { controller consumer } }
      consumer_group :there do
        seed_brokers servers
        topic(:t) { controller consumer }
      end
    end
    publish("t", 2)
    producer = Karafka::Producer.new("bootstrap.servers" => servers)
    producer.produce_sync(topic: "t", payload: "other")
    serving { wait_until("all") { log.size == 3 } }
    expect(taken).to contain_exactly(%w[here 0], %w[here 1], %w[there other])
    expect([committed("here", "t"), committed("there", "t")]).to eq([2, 1])
  ensure
    producer&.close
    other&.close
  end

  describe "that is quiet" do
    it "ends running work, commits it, consumes nothing more, keeps its partitions, and stops cleanly" do
      broker("t" => 1)
      setup_application { |config| config.kafka.offset_commit_interval = 0.1 }
      release = Queue.new
      consumer = controller(log) do
        log << params.offset
        release.pop
      end
      draw { consumer_group(:g) { topic(:t) { controller consumer } } }
      publish("t", 3)
      quiet = hear("app.quiet")
      revoked = hear("partitions.revoked")
      serving do
        wait_until("the first message") { log.size == 1 }
        Karafka::App.quiet!
        Karafka::App.quiet!
        wait_until("the event") { quiet.any? }
        release << nil
        wait_until("the commit") { committed("g", "t") == 1 }
        publish("t", 1)
        expect([log.size, revoked, Karafka::App.quiet?]).to eq([1, [], true])
      end
      expect([@stopped_clean, quiet.size]).to eq([true, 1])
    end

    it "is made so by TSTP, and stopped by TERM with exit code 0" do
      broker("t" => 1)
      server = karafka_server(<<~RUBY)
        class Prints < Karafka::BaseController
          def consume
            puts params.offset
          end
        end
        application
        routes { topic(:t) { controller Prints } }
        Karafka.monitor.subscribe("app.quiet") { |_| puts "quiet" }
      RUBY
      setup_application
      producer = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
      producer.produce_sync(topic: "t", payload: "1")
      server.line("0")
      server.signal("TSTP")
      server.line("quiet")
      producer.produce_sync(topic: "t", payload: "2")
      server.signal("TERM")
      ended = server.finish
      expect([ended.code, ended.out.grep(/\A(\d|quiet)/)]).to eq([0, %w[0 quiet]])
    ensure
      producer&.close
    end
  end
end
