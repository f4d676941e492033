# frozen_string_literal: true

require "timeout"

# Owns the proof that every wait in the core lets other Ruby threads run, and ends at once when Ruby wants the thread.
RSpec.describe "Waiting in the native core" do
  # Nobody listens there.
  let(:nowhere) { { "bootstrap.servers" => "127.0.0.1:1", "message.timeout.ms" => "60000" } }
  let(:inbox) { Karafka::Native::Inbox.new }
  let(:producer) { Karafka::Native::Producer.new(nowhere.merge("queue.buffering.max.messages" => "2")) }
  let(:stop) { Class.new(StandardError) }

  def produce(handle: true)
    producer.produce("t", "payload", nil, 0, nil, nil, nil, handle)
  end

  # A group member with one batch in our hands, its record marked, whose broker has frozen.
  def member
    frozen = karafka("broker", "-t", "t:1")
    servers = frozen.line(/:\d+\z/)
    Karafka::Producer.new("bootstrap.servers" => servers).tap do |sender|
      sender.produce_sync(topic: "t", payload: "1")
      sender.close
    end
    limits = { max_messages: 10, max_bytes: 1_000_000, ready_limit: 5 }
    settings = { group: 0, topics: [{ name: "t", start: "earliest" }], **limits, properties: {
      "bootstrap.servers" => servers, "group.id" => "g", "session.timeout.ms" => "6000"
    } }
    @member = Karafka::Native::Consumer.new(inbox, settings)
    batch = inbox.next_job(10) || raise("no job")
    batch.mark(batch.offset(0))
    frozen.signal("STOP")
    [@member, @batch = batch]
  end

  after do
    end_children
    # Its broker is gone: the rest ends by itself, and would take as long as a last commit may.
    @member&.close(0)
    inbox.close
    producer.close(0)
  end

  # What to prepare; it gives the wait itself.
  waits = {
    "Inbox#next_job" => -> { -> { inbox.next_job(nil) } },
    "Inbox#next_event" => -> { -> { inbox.next_event(nil) } },
    "Delivery#wait" => lambda {
      delivery = produce
      -> { delivery.wait(nil) }
    },
    "Producer#flush" => lambda {
      produce
      -> { producer.flush(nil) }
    },
    "Producer#close" => lambda {
      produce
      -> { producer.close(nil) }
    },
    "Producer#produce into a full queue" => lambda {
      2.times { produce }
      -> { 100.times { produce } }
    },
    "Producer#produce that looks partitions up" => lambda {
      producer
      -> { producer.produce("t", "payload", nil, nil, "key", nil, nil, true) }
    },
    "Producer#next_notice" => lambda {
      producer
      -> { producer.next_notice(nil) until false }
    },
    "Consumer#wait_idle" => lambda {
      consumer, = member
      consumer.stop
      -> { consumer.wait_idle(nil) }
    },
    "Consumer#commit" => lambda {
      consumer, = member
      -> { consumer.commit(nil) }
    },
    "Batch#commit" => lambda {
      _, batch = member
      -> { batch.commit(nil) }
    },
    "Consumer#close" => lambda {
      consumer, = member
      -> { consumer.close(nil) }
    }
  }

  # Runs the wait on a thread, gives it to the block once it waits, and expects it to end soon.
  def interrupt(prepare)
    wait = instance_exec(&prepare)
    thread = Thread.new { wait.call }
    wait_until("it waits") { thread.stop? }
    expect(thread).to be_alive
    yield thread
    begun = now
    begin
      expect(thread.join(3)).not_to be_nil
    rescue stop
      nil
    end
    expect(now - begun).to be < 1
  ensure
    thread&.kill
  end

  waits.each do |name, prepare|
    describe name do
      it "lets another thread run, and ends at once on Thread#kill" do
        interrupt(prepare) do |thread|
          # A wait that held the lock would keep this loop from getting anywhere.
          begun = now
          turns = 0
          turns += 1 until now - begun > 0.02
          expect(turns).to be > 100
          thread.kill
        end
      end

      it "ends at once on Thread#raise" do
        interrupt(prepare) { |thread| thread.raise(stop) }
      end

      it "ends at once on Timeout, on the main thread too" do
        wait = instance_exec(&prepare)
        begun = now
        expect { Timeout.timeout(0.05) { wait.call } }.to raise_error(Timeout::Error)
        expect(now - begun).to be < 1
      end

      it "ends at once on an interrupt that is allowed in blocking calls only" do
        wait = instance_exec(&prepare)
        guarded = -> { Thread.handle_interrupt(stop => :on_blocking) { wait.call } }
        interrupt(-> { guarded }) { |thread| thread.raise(stop) }
      end
    end
  end

  it "answers Ctrl-C in a wait of the main thread when there is no other thread" do
    process = child(<<~RUBY)
      inbox = Karafka::Native::Inbox.new
      begin
        puts "waiting"
        inbox.next_job(nil)
      rescue Interrupt
        puts "interrupted"
      end
    RUBY
    process.line("waiting")
    begun = now
    process.signal("INT")
    ended = process.finish(timeout: 5)
    expect([ended.code, ended.out, ended.err]).to eq([0, %w[waiting interrupted], ""])
    expect(now - begun).to be < 1
  end

  it "waits as long as it was told, and goes on waiting after a wakeup that means nothing" do
    thread = Thread.new { [inbox.next_job(0.3), now] }
    begun = now
    thread.wakeup until now - begun > 0.1
    result, ended = thread.value
    expect(result).to be_nil
    expect(ended - begun).to be_between(0.25, 1)
    expect(inbox.next_job(0)).to be_nil
  end

  it "costs no time of the processor while it waits" do
    thread = Thread.new { inbox.next_job(nil) }
    wait_until("it waits") { thread.stop? }
    before = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    thread.join(0.3)
    used = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - before
    expect(used).to be < 0.1
  end
end
