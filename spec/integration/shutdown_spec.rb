# frozen_string_literal: true

# Owns the proof that a signal ends `karafka server` quickly, with exit code 0, and that the next process goes on
# exactly there. Every process is a real one.
RSpec.describe "Stopping a server process" do
  # Prints each offset when its work is done. WORK: seconds per call of `consume`.
  let(:server_script) { <<~RUBY }
    class Offsets < Karafka::BaseController
      def consume
        offsets = topic.batch_consuming ? params_batch.map(&:offset) : [params.offset]
        puts "begun"
        sleep Float(ENV.fetch("WORK", "0")) # stands for slow user code
        puts offsets
      end
    end

    application { |config| config.max_messages = Integer(ENV.fetch("MAX_MESSAGES", "1000")) }
    routes do
      topic(:numbers) do
        controller Offsets
        batch_consuming ENV.key?("BATCH")
      end
    end
  RUBY

  before { broker("numbers" => 1) }

  # They leave together, so that they come as one batch.
  def publish(count)
    @producer ||= Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers, "linger.ms" => "30")
    @producer.produce_many_sync(Array.new(count) { { topic: "numbers", payload: "1" } })
  end

  after { @producer&.close }

  def offsets(process)
    process.lines.grep(/\A\d+\z/).map(&:to_i)
  end

  # Signals, and expects a clean end in time.
  def stop(process, *signals)
    begun = now
    signals.each { |signal| process.signal(signal) }
    ended = process.finish(timeout: 10)
    expect([ended.code, ended.err]).to eq([0, ""])
    expect(now - begun).to be < 2
  end

  it "exits 0 within 2 s on INT, TERM and QUIT while idle, and the next process goes on exactly there" do
    %w[INT TERM QUIT].each_with_index do |signal, round|
      publish(5)
      process = karafka_server(server_script)
      process.line((round * 5 + 4).to_s)
      stop(process, signal)
      expect(offsets(process)).to eq((round * 5...round * 5 + 5).to_a)
    end
  end

  [["message by message", {}], ["in batches", { "BATCH" => "1", "MAX_MESSAGES" => "7" }]].each do |how, env|
    it "exits 0 within 2 s on INT, TERM and QUIT while busy #{how}, and nothing is lost or done twice" do
      publish(100)
      done = %w[INT TERM QUIT].flat_map do |signal|
        process = karafka_server(server_script, env: env.merge("WORK" => "0.05"))
        wait_until("some work") { offsets(process).size >= 8 }
        stop(process, signal)
        offsets(process)
      end
      expect(done.size).to be < 100

      last = karafka_server(server_script, env: env)
      last.line("99")
      stop(last, "TERM")
      expect(done + offsets(last)).to eq((0..99).to_a)
    end
  end

  it "finishes the running batch after a second and a third signal" do
    publish(3)
    process = karafka_server(server_script, env: { "WORK" => "1", "BATCH" => "1" })
    process.line("begun")
    stop(process, "TERM", "INT", "TERM", "QUIT")
    expect(offsets(process)).to eq([0, 1, 2])

    publish(1)
    process = karafka_server(server_script)
    process.line("3")
    stop(process, "INT")
    expect(offsets(process)).to eq([3])
  end

  { "Thread.stop" => "waits", "loop {}" => "computes" }.each do |work, what|
    it "exits 2 when work that #{what} outlasts shutdown_timeout, and that work is done again" do
      publish(3)
      stuck = karafka_server(<<~RUBY)
        class Stuck < Karafka::BaseController
          def consume
            puts params.offset
            return if params.offset < 1
            #{work} # stands for user code that never ends
          end
        end
        application { |config| config.shutdown_timeout = 0.5 }
        routes { topic(:numbers) { controller Stuck } }
      RUBY
      stuck.line("1")
      begun = now
      stuck.signal("TERM")
      expect(stuck.finish(timeout: 10).code).to eq(2)
      expect(now - begun).to be_between(0.4, 4)

      process = karafka_server(server_script)
      process.line("2")
      stop(process, "TERM")
      expect(offsets(process)).to eq([1, 2])
    end
  end

  it "delivers what the application's own producers have taken when work is left behind, too" do
    publish(1)
    stuck = karafka_server(<<~RUBY)
      class Stuck < Karafka::BaseController
        def consume
          OWN.produce_async(topic: "numbers", payload: "accepted", handle: false)
          puts "begun"
          Thread.stop # stands for user code that never ends
        end
      end
      application { |config| config.shutdown_timeout = 0.5 }
      routes { topic(:numbers) { controller Stuck } }
      OWN = Karafka::Producer.new("bootstrap.servers" => ENV.fetch("BROKERS"), "linger.ms" => "60000")
    RUBY
    stuck.line("begun")
    stuck.signal("TERM")
    expect(stuck.finish(timeout: 15).code).to eq(2)
    expect(@producer.produce_sync(topic: "numbers", payload: "2").offset).to eq(2)
  end

  it "stops while user code waits for a delivery that cannot happen" do
    publish(1)
    process = karafka_server(<<~RUBY)
      class Forwarder < Karafka::BaseController
        def consume
          puts "begun"
          WaterDrop::SyncProducer.call("1", topic: "elsewhere")
        end
      end
      application { |config| config.shutdown_timeout = 0.5 }
      routes { topic(:numbers) { controller Forwarder } }
      WaterDrop.setup do |config|
        config.kafka.seed_brokers = ["kafka://127.0.0.1:1"]
        config.kafka.delivery_timeout = 2
      end
    RUBY
    process.line("begun")
    begun = now
    process.signal("TERM")
    expect(process.finish(timeout: 25).code).to eq(2)
    expect(now - begun).to be < 4
  end

  it "runs what users registered for a signal, and stops even when that raises" do
    process = karafka_server("#{server_script}\n#{<<~RUBY}")
      Karafka::Process.instance.on_sigterm { raise "in the callback" }
      Karafka::Process.instance.on_sigterm { puts "callback" }
      Karafka.monitor.subscribe("app.running") { puts "running" }
    RUBY
    process.line("running")
    stop(process, "TERM")
    expect(process.lines).to include("callback")
  end

  it "exits 0 when user code calls exit, and its record is consumed by the next process" do
    publish(3)
    process = karafka_server(<<~RUBY)
      class Exits < Karafka::BaseController
        def consume
          puts params.offset
          exit(7) if params.offset == 1
        end
      end
      application
      routes { topic(:numbers) { controller Exits } }
    RUBY
    ended = process.finish(timeout: 10)
    expect([ended.code, ended.err, offsets(process)]).to eq([0, "", [0, 1]])

    process = karafka_server(server_script)
    process.line("2")
    stop(process, "TERM")
    expect(offsets(process)).to eq([1, 2])
  end

  it "serves a producer and a consumer in two other processes from `karafka broker`" do
    server = karafka("broker", "--topic", "orders:3")
    address = server.line(/:\d+\z/)
    sender = child(<<~RUBY, env: { "BROKERS" => address })
      application
      routes { topic(:orders) { controller Karafka::BaseController } }
      300.times { |number| WaterDrop::AsyncProducer.call(number.to_s, topic: "orders", key: number.to_s) }
    RUBY
    receiver = child(<<~RUBY, env: { "BROKERS" => address })
      class Prints < Karafka::BaseController
        def consume
          puts params.payload
        end
      end
      application
      routes { topic(:orders) { controller Prints } }
      exit(Karafka::Server.run)
    RUBY
    expect(sender.finish.code).to eq(0)
    wait_until("300 orders") { receiver.lines.size >= 300 }
    [receiver, server].each { |process| stop(process, "TERM") }
    expect(receiver.lines.map(&:to_i).sort).to eq((0...300).to_a)
  end
end
