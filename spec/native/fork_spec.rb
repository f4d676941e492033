# frozen_string_literal: true

# Owns the proof that a forked child never hangs on what its parent made, never harms it, and can go on by itself.
# Scripts fork in processes of their own, so that the one that runs the examples is never copied.
RSpec.describe "A forked child" do
  before { broker("t" => 1) }

  # Runs the block in a child, prints what it gave and how the child ended.
  let(:in_fork) { <<~RUBY }
    def in_fork
      pid = fork do
        puts "child: \#{yield}"
        exit 3
      end
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 3
      until (status = Process.wait2(pid, Process::WNOHANG))
        if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
          puts "child: hung"
          Process.kill(:KILL, pid)
          Process.wait(pid)
          return
        end
        Thread.pass
      end
      puts "ended: \#{status[1].exitstatus.inspect}"
    end
  RUBY

  # @return [Array<String>] lines the script printed
  def fork_in(script)
    ended = run_child("#{in_fork}\n#{script}", timeout: 40)
    expect([ended.code, ended.err]).to eq([0, ""])
    ended.out
  end

  # Everything that can be held: names of objects and what is called on each.
  let(:handles) { <<~RUBY }
    servers = ENV.fetch("BROKERS")
    inbox = Karafka::Native::Inbox.new
    producer = Karafka::Native::Producer.new("bootstrap.servers" => servers)
    delivery = producer.produce("t", "1", nil, 0, nil, nil, nil, true)
    delivery.wait(10)
    properties = { "bootstrap.servers" => servers, "group.id" => "g", "session.timeout.ms" => "6000" }
    consumer = Karafka::Native::Consumer.new(
      inbox, group: 0, topics: [{ name: "t", start: "earliest" }], max_messages: 10, max_bytes: 1_000_000,
             ready_limit: 5, properties: properties
    )
    batch = inbox.next_job(10)
    cluster = Karafka::Native::MockCluster.new(1, 0)
    calls = {
      "produce" => -> { producer.produce("t", "1", nil, 0, nil, nil, nil, true) },
      "produce by key" => -> { producer.produce("t", "1", nil, nil, "key", nil, nil, true) },
      "delivery wait" => -> { delivery.wait(nil) },
      "flush" => -> { producer.flush(nil) },
      "producer close" => -> { producer.close(nil) },
      "queue_size" => -> { producer.queue_size },
      "next_notice" => -> { producer.next_notice(nil) },
      "stop" => -> { consumer.stop },
      "wait_idle" => -> { consumer.wait_idle(nil) },
      "running_jobs" => -> { consumer.running_jobs },
      "commit" => -> { consumer.commit(nil) },
      "consumer close" => -> { consumer.close(nil) },
      "batch mark" => -> { batch.mark(batch.offset(0)) },
      "batch commit" => -> { batch.commit(nil) },
      "next_job" => -> { inbox.next_job(nil) },
      "next_event" => -> { inbox.next_event(nil) },
      "create_topic" => -> { cluster.create_topic("x", 1) },
      "cluster close" => -> { cluster.close }
    }
  RUBY

  it "gets a ForkError from every native handle, never a hang, and ends with its own exit code" do
    lines = fork_in("#{handles}\n#{<<~RUBY}")
      calls.each do |name, call|
        in_fork do
          call.call
          "did not raise"
        rescue Karafka::Errors::ForkError => error
          error.message.include?("fork") ? "ForkError" : error.message
        end
        puts "called: \#{name}"
      end
      # The parent's own are as they were.
      producer.produce("t", "2", nil, 0, nil, nil, nil, true).wait(10)
      batch.mark(batch.offset(0))
      puts "parent: \#{batch.commit(10)}"
      batch.done
      puts "parent: \#{inbox.next_job(10)&.payload(0)}"
      consumer.close(10)
      producer.close(10)
    RUBY
    wrong = lines.slice_after(/\Acalled/).reject { |all| all.first(2) == ["child: ForkError", "ended: 3"] }
    expect(wrong).to eq([["parent: true", "parent: 2"]])
  end

  it "can read what it inherited, and lets go of it without harm" do
    lines = fork_in("#{handles}\n#{<<~RUBY}")
      in_fork do
        value = batch.payload(0)
        batch.failed(0, 0)
        batch.done
        batch.release
        calls = producer = consumer = inbox = batch = cluster = delivery = nil
        GC.start
        value
      end
      puts "parent: \#{batch.first_unmarked} \#{batch.payload(0)}"
      batch.done
      consumer.close(10)
    RUBY
    expect(lines).to eq(["child: 1", "ended: 3", "parent: 0 1"])
  end

  it "sends with the default producers while its parent goes on sending" do
    lines = fork_in(<<~RUBY)
      application
      routes { topic(:t) { controller Karafka::BaseController } }
      WaterDrop::SyncProducer.call("parent 0", topic: "t")
      inherited = Karafka.producer
      3.times do |number|
        in_fork do
          WaterDrop::SyncProducer.call("child \#{number}", topic: "t")
          WaterDrop::AsyncProducer.call("child \#{number} async", topic: "t")
          Karafka.producer.produce_sync(topic: "t", payload: "child \#{number} again")
          inherited.equal?(Karafka.producer) ? "the parent's" : "its own"
        end
      end
      puts "parent: \#{inherited.equal?(Karafka.producer)}"
      WaterDrop::SyncProducer.call("parent 1", topic: "t")
    RUBY
    expect(lines).to eq(["child: its own", "ended: 3"] * 3 + ["parent: true"])

    log = Queue.new
    consumer = controller(log) { log << params.raw_payload }
    setup_application
    draw { topic(:t) { controller consumer } }
    serving { wait_until("11 records (#{log.size})") { log.size >= 11 } }
    children = Array.new(3) { |number| ["", " again", " async"].map { |what| "child #{number}#{what}" } }
    expect(Array.new(log.size) { log.pop }.sort).to eq((children.flatten + ["parent 0", "parent 1"]).sort)
  end

  it "of a running server ends cleanly, sends by itself, and the server consumes on" do
    lines = fork_in(<<~RUBY)
      SEEN = Queue.new
      class Forks < Karafka::BaseController
        def consume
          SEEN << params.payload
          return if params.payload.positive?

          in_fork do
            mark_as_consumed!(params)
            "marked"
          rescue Karafka::Errors::ForkError
            WaterDrop::SyncProducer.call("1", topic: "t")
            "sent"
          end
        end
      end
      application
      routes { topic(:t) { controller Forks } }
      WaterDrop::SyncProducer.call("0", topic: "t")
      server = Thread.new { Karafka::Server.run }
      puts "seen: \#{SEEN.pop}", "seen: \#{SEEN.pop}"
      20.times { in_fork { "empty" } }
      WaterDrop::SyncProducer.call("2", topic: "t")
      puts "seen: \#{SEEN.pop}"
      Karafka::App.stop!
      puts "stopped: \#{server.value}"
    RUBY
    expect(lines.grep(/seen|stopped/)).to eq(["seen: 0", "seen: 1", "seen: 2", "stopped: true"])
    expect(lines.grep(/child|ended/).tally).to eq("child: sent" => 1, "child: empty" => 20, "ended: 3" => 21)
  end

  it "can run a server of its own" do
    lines = fork_in(<<~RUBY)
      class Stops < Karafka::BaseController
        def consume
          puts "consumed: \#{params.payload}"
          Karafka::App.stop!
        end
      end
      application
      routes { topic(:t) { controller Stops } }
      WaterDrop::SyncProducer.call("7", topic: "t")
      in_fork { Karafka::Server.run }
    RUBY
    expect(lines).to eq(["consumed: 7", "child: true", "ended: 3"])
  end

  it "lets a child exit at once that was made while positions were looked up" do
    ended = run_child(<<~RUBY)
      properties = { "bootstrap.servers" => "127.0.0.1:1", "group.id" => "g" }
      looking = Thread.new { Karafka::Native.positions(properties, [["t", 0]], 3) }
      looking.report_on_exception = false
      Thread.pass until looking.stop?
      now = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
      begun = now.call
      Process.wait(fork { exit })
      puts now.call - begun
    RUBY
    expect(ended.out.first.to_f).to be < 3
  end
end
