# frozen_string_literal: true

# Owns the proof that a process may end at any moment, with threads of ours in the middle of anything.
RSpec.describe "The end of a process" do
  # Everything that can be alive: broker, producer, a server whose workers are busy, idle and failing.
  let(:alive) { <<~RUBY }
    broker = Karafka::EmbeddedBroker.start(topics: { "t" => 4 })
    READY = Queue.new
    class Anything < Karafka::BaseController
      def consume
        READY << true
        case params.partition
        when 0 then sleep # stands for user code that is in the middle of something
        when 1 then raise "boom"
        when 2 then WaterDrop::AsyncProducer.call("0", topic: "t", partition: 3)
        end
      end
    end
    application(broker.bootstrap_servers)
    routes { topic(:t) { controller Anything } }
    3.times { |partition| WaterDrop::SyncProducer.call("1", topic: "t", partition: partition) }
    server = Thread.new { Karafka::Server.run }
    3.times { READY.pop }
  RUBY

  {
    "the end of the script" => ["", 0],
    "exit" => ["exit 4", 4],
    "exit in a thread" => ["Thread.new { Thread.main.raise(SystemExit.new(5)) }.join; sleep # until then", 5],
    "exit!" => ["exit! 6", 6],
    "abort" => ["abort", 1],
    "exit inside at_exit" => ["at_exit { exit 7 }", 7],
    "exit while the collector has everything to free" => ["server = nil; GC.start; exit 8", 8]
  }.each do |how, (script, code)|
    it "is clean and quick with everything alive: #{how}" do
      children = Array.new(3) { child("#{alive}\n#{script}") }
      endings = children.map { |process| process.finish(timeout: 25) }
      expect(endings.map { |ended| [ended.code, ended.err] }).to eq([[code, ""]] * 3)
    end
  end

  it "is clean with native objects nobody closed" do
    ended = run_child(<<~RUBY)
      cluster = Karafka::Native::MockCluster.new(2, 0)
      producer = Karafka::Native::Producer.new("bootstrap.servers" => cluster.bootstrap_servers)
      deliveries = Array.new(100) { producer.produce("t", "1", nil, nil, nil, nil, nil, true) }
      inbox = Karafka::Native::Inbox.new
      consumer = Karafka::Native::Consumer.new(
        inbox, group: 0, topics: [{ name: "t", start: "earliest" }], max_messages: 10, max_bytes: 1_000_000,
               ready_limit: 5, properties: { "bootstrap.servers" => cluster.bootstrap_servers, "group.id" => "g" }
      )
      batch = inbox.next_job(10)
      threads = Array.new(3) { Thread.new { inbox.next_event(nil) while true } }
      puts batch.size.positive?
    RUBY
    expect([ended.code, ended.err, ended.out]).to eq([0, "", ["true"]])
  end

  # At exit OpenSSL frees what librdkafka's threads use.
  it "is clean while clients try to speak TLS" do
    server = TCPServer.new("127.0.0.1", 0)
    # Something other than TLS, so that they try again at once.
    answering = Thread.new { loop { server.accept.tap { |socket| socket.write("no TLS") }.close } }
    children = Array.new(10) { child(<<~RUBY) }
      # Not the first client: OpenSSL must be ready for exits before it is used.
      plain = Karafka::Native::Producer.new("bootstrap.servers" => "127.0.0.1:1")
      properties = { "bootstrap.servers" => "127.0.0.1:#{server.local_address.ip_port}", "security.protocol" => "ssl",
                     "reconnect.backoff.ms" => "1", "reconnect.backoff.max.ms" => "2" }
      producers = Array.new(10) { Karafka::Native::Producer.new(properties) }
      inbox = Karafka::Native::Inbox.new
      consumers = Array.new(10) do |group|
        Karafka::Native::Consumer.new(
          inbox, group: group, topics: [{ name: "t", start: "earliest" }], max_messages: 10, max_bytes: 1_000_000,
                 ready_limit: 5, properties: properties.merge("group.id" => "g")
        )
      end
      10.times { inbox.next_event(nil) } # they have begun to fail
    RUBY
    endings = children.map { |process| process.finish(timeout: 25) }
    expect(endings.map { |ended| [ended.code, ended.err] }).to eq([[0, ""]] * 10)
  ensure
    answering&.kill
    server&.close
  end

  it "delivers what was sent asynchronously before the script ended" do
    broker("t" => 1)
    ended = run_child(<<~RUBY)
      application
      routes { topic(:t) { controller Karafka::BaseController } }
      5_000.times { |number| WaterDrop::AsyncProducer.call(number.to_s, topic: "t") }
    RUBY
    expect([ended.code, ended.err]).to eq([0, ""])
    log = Queue.new
    consumer = controller(log) { params_batch.raw_payloads.each { |payload| log << payload.to_i } }
    setup_application
    draw_topic(consumer)
    serving { wait_until("5,000 records (#{log.size})") { log.size >= 5_000 } }
    expect(Array.new(log.size) { log.pop }).to eq((0...5_000).to_a)
  end
end
