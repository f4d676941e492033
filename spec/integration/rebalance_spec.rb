# frozen_string_literal: true

require "tmpdir"

# Owns the proof that partitions change hands without loss, and that user code is told the truth about them.
RSpec.describe "A changing group" do
  let(:log) { Queue.new }

  # A member in a process of its own: prints partition, offset and number of what it consumed.
  let(:member_script) { <<~RUBY }
    class Prints < Karafka::BaseController
      def consume
        params_batch.each { |params| puts "\#{params.partition} \#{params.offset} \#{params.payload}" }
      end
    end
    application do |config|
      config.client_id = "spec"
      config.kafka.librdkafka = JSON.parse(ENV.fetch("PROPERTIES", "{}"))
    end
    routes do
      consumer_group :g do
        topic :t do
          controller Prints
          batch_consuming true
        end
      end
    end
    Karafka.monitor.subscribe("connection.error") { |event| puts "error \#{event[:code]} \#{event[:message]}" }
    Karafka.monitor.subscribe("partitions.revoked") { |event| puts "revoked \#{event[:partitions][0][:partition]}" }
    Karafka.monitor.subscribe("partitions.assigned") do |event|
      puts "assigned \#{event[:partitions].map { |it| it[:partition] }}" if event[:partitions].any?
    end
  RUBY

  def member(**properties)
    karafka_server(member_script, env: { "PROPERTIES" => properties.to_json })
  end

  def records(process)
    process.lines.grep(/\A\d/).map { |line| line.split.map(&:to_i) }
  end

  def publish(numbers, **options)
    messages = numbers.map { |number| { topic: "t", payload: number.to_s, key: number.to_s, **options } }
    @producer ||= Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    @producer.produce_many_sync(messages)
  end

  after { @producer&.close }

  def in_own_process(consumer, **properties)
    setup_application do |config|
      config.kafka.librdkafka = properties
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
    end
    draw { consumer_group(:g) { topic(:t) { controller consumer } } }
  end

  # Of the classic protocol with its two ways to rebalance, and of the one that leaves the work to the brokers.
  {
    "cooperative-sticky" => {}, "range" => { "partition.assignment.strategy": "range" },
    "roundrobin" => { "partition.assignment.strategy": "roundrobin" }, "KIP-848" => { "group.protocol": "consumer" }
  }.each do |protocol, properties|
    it "loses nothing and keeps order while a second member joins, works and leaves (#{protocol})" do
      broker("t" => 4)
      first = member(**properties)
      send_until("the first works") { records(first).size > 100 }
      second = member(**properties)
      send_until("the second works") { records(second).size > 100 }
      second.signal("TERM")
      expect(second.finish.code).to eq(0)
      send_until("the first has all again") { records(first).last(40).map(&:first).uniq.size == 4 }
      wait_until("everything") { (records(first) + records(second)).map(&:last).uniq.size == @sent }
      first.signal("TERM")
      expect([first.finish.code, first.err, second.err]).to eq([0, "", ""])
      expect_exactness([records(first), records(second)])
    end
  end

  def send_until(what)
    @sent ||= 0
    wait_until(what) do
      publish(@sent...(@sent + 20))
      @sent += 20
      yield
    end
  end

  # What could not be committed before a partition changed hands may come twice; nothing else may.
  def expect_exactness(members)
    seen = members.flatten(1).uniq
    expect(seen.map(&:last).sort).to eq((0...@sent).to_a)
    seen.group_by(&:first).each_value { |list| expect(list.map { |it| it[1] }.sort).to eq((0...list.size).to_a) }
    members.each { |list| list.uniq.group_by(&:first).each_value { |own| expect(own).to eq(own.sort) } }
  end

  it "says revoked? and refuses marks for the partition that went, and takes marks for the one that stayed" do
    broker("t" => 2)
    release = false
    consumer = controller(log) do
      Thread.pass until release || revoked?
      log << [params.partition, revoked?, mark_as_consumed(params), mark_as_consumed!(params)]
    end
    in_own_process(consumer)
    2.times { |partition| publish([partition], partition: partition) }
    revoked = hear("partitions.revoked")
    other = nil
    serving do
      wait_until("both partitions are in user code") { Karafka::Native::Batch.retained_bytes.positive? }
      other = member
      wait_until("a partition went") { revoked.any? && log.size == 1 }
      release = true
      wait_until("the other is done") { log.size == 2 }
    end
    gone = revoked.first[:partitions].map { |it| it[:partition] }.first
    expect(Array.new(2) { log.pop }).to eq([[gone, true, false, false], [1 - gone, false, true, true]])
    wait_until("the record of the lost partition") { records(other).any? }
    expect(records(other).first).to eq([gone, 0, gone])
    expect(revoked.first[:lost]).to be false
  end

  it "builds a new controller for a partition that comes back, and keeps the one of a partition that stayed" do
    broker("t" => 2)
    # Where the broker decides, nobody has to come back in time to keep a partition.
    protocol = { "group.protocol": "consumer" }
    consumer = controller(log) { log << [params.partition, object_id] }
    in_own_process(consumer, **protocol)
    assigned = hear("partitions.assigned")
    revoked = hear("partitions.revoked")
    seen = []
    touch = lambda do |count|
      2.times { |partition| publish([1], partition: partition) }
      wait_until("#{count} records") { log.size >= count }
      seen << Array.new(log.size) { log.pop }.to_h
    end
    serving do
      touch.call(2)
      other = member(**protocol)
      wait_until("a partition went") { revoked.any? { |event| event[:partitions].any? } }
      other.line(/assigned/)
      before = assigned.size
      other.signal("TERM")
      other.finish
      wait_until("it came back") { assigned.drop(before).any? { |event| event[:partitions].any? } }
      touch.call(2)
    end
    gone = revoked.first[:partitions].first[:partition]
    first, last = seen
    expect(last[gone]).not_to eq(first[gone])
    expect(last[1 - gone]).to eq(first[1 - gone])
  end

  it "does not let a member that slept through its session commit over the one that took its work" do
    broker("t" => 1)
    publish([0])
    go = File.join(Dir.mktmpdir, "go")
    sleeper = karafka_server(<<~RUBY, env: { "GO" => go })
      class Sleeps < Karafka::BaseController
        def consume
          puts "has \#{params.payload}"
          Thread.pass until File.exist?(ENV.fetch("GO"))
          puts "marked \#{mark_as_consumed!(params)}"
        end
      end
      application { |config| config.client_id = "spec" }
      routes { consumer_group(:g) { topic(:t) { controller Sleeps } } }
    RUBY
    sleeper.line("has 0")
    sleeper.signal("STOP")
    other = member
    other.line("0 0 0")
    publish([1])
    other.line("0 1 1")
    File.write(go, "")
    sleeper.signal("CONT")
    expect(sleeper.line(/marked/)).to eq("marked false")
    sleeper.signal("TERM")
    expect(sleeper.finish.code).to eq(0)
    publish([2])
    other.line(/ 2\z/)
    other.signal("TERM")
    expect(other.finish.code).to eq(0)
    publish([3])
    last = member
    last.line("0 3 3")
    expect(records(last)).to eq([[0, 3, 3]])
  ensure
    FileUtils.rm_rf(File.dirname(go)) if go
  end

  # Kafka refuses commits while it collects the members of the next round, and takes them after.
  it "commits what is finished by a process that stops in the middle of a rebalance" do
    broker("t" => 2)
    first = member
    2.times { |partition| publish([partition], partition: partition) }
    2.times { |partition| first.line("#{partition} 0 #{partition}") }
    second = member
    stays = 1 - first.line(/revoked/)[/\d/].to_i
    publish([7], partition: stays)
    first.line("#{stays} 1 7")
    first.signal("TERM")
    expect(first.finish.code).to eq(0)
    publish([8], partition: stays)
    second.line("#{stays} 2 8")
    expect(records(second)).to eq([[stays, 2, 8]])
  end
end
