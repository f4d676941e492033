# frozen_string_literal: true

# Owns the proof that interrupts which race a batch on its way to Ruby lose none.
RSpec.describe "A storm of interrupts" do
  let(:log) { Queue.new }
  let(:storm) { Class.new(StandardError) }

  def workers
    Thread.list.select { |thread| thread.name.to_s.start_with?("karafka-worker") }
  end

  # Runs the block again and again on a thread while `during` runs.
  def storming(during)
    going = true
    thread = Thread.new { yield while going }
    during.call
  ensure
    going = false
    thread&.join
  end

  # Waits a little for a worker that was raised into; it may have gone on, when user code or the framework rescued.
  def ended(worker)
    worker&.join(0.01)
  rescue StandardError
    nil # what it was raised
  end

  def publish_one_by_one(count, timeout)
    count.times do |number|
      Karafka.producer.produce_sync(topic: "t", payload: number.to_s, partition: number % 4)
      wait_until("record #{number} of #{count}, #{workers.size} workers", timeout: timeout) { log.size > number }
    end
  end

  def serve
    consumer = controller(log) { params_batch.each { |params| log << params.payload } }
    broker("t" => 4)
    setup_application do |config|
      config.concurrency = 5
      config.shutdown_timeout = 5
    end
    draw_topic(consumer)
    serving { yield }
  end

  it "loses no batch while workers are woken all the time" do
    serve do
      storming(-> { publish_one_by_one(100, 5) }) do
        workers.each { |worker| worker.wakeup if worker.alive? }
        Thread.pass
      end
    end
    expect(Array.new(log.size) { log.pop }).to eq((0...100).to_a)
  end

  # A worker that is killed in user code lets its partition rest for a second, so records may take that long, and a
  # record whose mark was not reached comes again.
  it "loses no batch while workers are killed all the time" do
    GC.disable # A batch that only the garbage collector finds is lost for a process that makes no garbage.
    serve do
      storming(-> { publish_one_by_one(40, 8) }) do
        workers.sample&.kill&.join(1)
        Thread.pass
      end
    end
    expect(Array.new(log.size) { log.pop }.uniq.sort).to eq((0...40).to_a)
  ensure
    GC.enable
  end

  it "keeps the number of workers while they are raised into" do
    serve do
      storming(-> { publish_one_by_one(40, 8) }) do
        worker = workers.sample
        worker&.raise(storm, "storm")
        ended(worker)
      end
      wait_until("five workers") { workers.count(&:alive?) == 5 }
    end
    expect(Array.new(log.size) { log.pop }.uniq.sort).to eq((0...40).to_a)
  end

  # The only place between two native calls where a batch is nobody's: after `next_job` gave it away, before its unit of
  # work began. A trace puts the interrupt exactly there.
  it "loses no batch whose worker is killed right after it got it" do
    kills = Queue.new.tap { |queue| 3.times { queue << true } }
    trace = TracePoint.new(:c_return) do |point|
      next unless point.method_id == :next_job && point.return_value && kills.size.positive?

      kills.pop
      # By another thread, and without a wait that blocks: a thread that kills itself means it, whatever it has masked.
      worker = Thread.current
      killer = Thread.new { worker.kill }
      Thread.pass while killer.alive?
    end
    GC.disable
    trace.enable
    serve { publish_one_by_one(4, 8) }
    expect(Array.new(log.size) { log.pop }).to eq((0...4).to_a)
  ensure
    trace&.disable
    GC.enable
  end
end
