# frozen_string_literal: true

# Owns the proof that nothing grows without limit: each bound is filled past its limit. The table of all is in
# docs/reliability.md; those that only the core's handles show are in tests/bounds.rs.
RSpec.describe "Bounds" do
  let(:log) { Queue.new }
  let(:producer) { Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers, "linger.ms" => "5") }

  after { producer.close }

  def consume_with(consumer, group: {}, **settings)
    setup_application { |config| settings.each { |name, value| config.public_send(:"#{name}=", value) } }
    draw do
      consumer_group(:g) do
        group.each { |name, value| public_send(name, value) }
        topic(:t) do
          controller consumer
          batch_consuming true
        end
      end
    end
  end

  def publish(count, bytes, partition: 0)
    producer.produce_many_sync(Array.new(count) { { topic: "t", payload: "x" * bytes, partition: partition } })
  end

  describe "the prefetch of a partition that user code holds up" do
    # The embedded broker forgets what is older than 5 MB. So what is not prefetched when that much more has come is
    # gone, and the first gap in the offsets tells how far the prefetch went.
    def offsets_before_the_gap(librdkafka: {})
      broker("t" => 1)
      release = held = false
      consumer = controller(log) do
        params_batch.each { |params| log << params.offset }
        held = true
        Thread.pass until release
      end
      consume_with(consumer, group: { librdkafka: librdkafka })
      serving do
        publish(1, 100)
        wait_until("user code holds the partition up") { held }
        yield
        release = true
        wait_until("a record behind the gap") { (offsets = log_so_far).last != offsets.size - 1 }
      end
      log_so_far.each_with_index.take_while { |offset, index| offset == index }.size
    end

    def log_so_far
      @log_so_far ||= []
      @log_so_far << log.pop until log.empty?
      @log_so_far
    end

    # In steps that the broker can keep all of: what can be prefetched is, before it is forgotten.
    def publish_in_steps(steps, count, bytes)
      steps.times { publish(count, bytes) }
    end

    it "ends at 100,000 records" do
      prefetched = offsets_before_the_gap { publish_in_steps(24, 10_000, 100) }
      expect(prefetched).to be_between(100_000, 100_000 + 10_001)
    end

    # Librdkafka's kilobytes have 1,000 bytes.
    it "ends at 16 MB" do
      prefetched = offsets_before_the_gap { publish_in_steps(60, 10, 50_000) }
      expect(prefetched * 50_000).to be_between(16_384_000, 16_384_000 + 1_048_576)
    end

    it "ends where librdkafka's own settings say" do
      limits = { "queued.min.messages" => 2_000 }
      prefetched = offsets_before_the_gap(librdkafka: limits) { publish_in_steps(20, 500, 1_000) }
      expect(prefetched).to be_between(2_000, 2_000 + 1_001)
    end
  end

  describe "a batch" do
    # Published before the server starts: everything could come as one batch.
    def batches(count, bytes, group: {}, **settings)
      broker("t" => 1)
      publish(count, bytes)
      sizes = controller(log) { log << params_batch.size }
      consume_with(sizes, group: group, **settings)
      taken = []
      serving do
        wait_until("all #{count} records") do
          taken << log.pop until log.empty?
          taken.sum >= count
        end
      end
      taken
    end

    it "holds max_messages at most" do
      sizes = batches(50, 10, max_messages: 7)
      expect([sizes.max, sizes.sum]).to eq([7, 50])
    end

    it "takes no further record once it holds max_bytes" do
      sizes = batches(50, 1_000, group: { max_bytes: 20_000 })
      expect(sizes.max).to be_between(2, 20)
    end
  end

  it "runs user code on `concurrency` threads, however many partitions wait" do
    broker("t" => 8)
    8.times { |partition| publish(3, 10, partition: partition) }
    consumer = controller(log) do
      log << 1
      sleep 0.1 # slow user code, so that others would have the time to begin
      log << -1
    end
    consume_with(consumer, concurrency: 3)
    serving { wait_until("all partitions") { log.size >= 16 } }
    running = 0
    expect(Array.new(log.size) { running += log.pop }.max).to eq(3)
  end

  describe "the delivery queue" do
    let(:hanging) { karafka("broker", "--topic", "t:1") }

    # A broker that answers nothing for a while, as behind a network that hangs.
    def produce_to_hanging_broker
      address = hanging.line(/\A127\.0\.0\.1:\d+\z/)
      WaterDrop.setup do |config|
        config.kafka.seed_brokers = address
        yield config.kafka
      end
      Karafka.producer.produce_sync(topic: "t", payload: "connected")
      hanging.signal("STOP")
      wait_until("it hangs") { stopped?(hanging.pid) }
    end

    # Not every machine has /proc, nor every other one a `ps`.
    def stopped?(pid)
      file = "/proc/#{pid}/stat"
      return File.read(file)[/\) (\w)/, 1] == "T" if File.exist?(file)

      IO.popen(["ps", "-o", "stat=", "-p", pid.to_s], &:read).start_with?("T")
    end

    def produce_async(payload)
      Karafka.producer.produce_async(topic: "t", payload: payload)
    end

    it "holds max_buffer_size records, then the next one waits 10 s and is refused, and none is dropped" do
      produce_to_hanging_broker { |kafka| kafka.max_buffer_size = kafka.max_queue_size = 3 }
      taken = Array.new(3) { |number| produce_async(number.to_s) }
      begun = now
      expect { produce_async("one too many") }
        .to raise_error(Karafka::Errors::QueueFullError, /stayed full for 10 s.*"t".*max_buffer_size/)
      expect(now - begun).to be_between(10, 12)
      expect(Karafka.producer.queue_size).to eq(3)
      expect(taken.map(&:done?)).to eq([false] * 3)
      waits = Thread.new { Karafka.producer.produce_sync(topic: "t", payload: "waits") }
      wait_until("the next one waits for room") { waits.status == "sleep" }
      hanging.signal("CONT")
      expect(waits.value.offset).to eq(4)
      expect(taken.map { |handle| handle.wait(10) }).to eq([[0, 1], [0, 2], [0, 3]])
    end

    it "holds max_buffer_bytesize bytes" do
      produce_to_hanging_broker { |kafka| kafka.max_buffer_bytesize = 10_240 }
      full = Thread.new { 100.times { produce_async("x" * 1_000) } }
      wait_until("it waits for room") { full.status == "sleep" }
      expect(Karafka.producer.queue_size).to be_between(9, 11)
      full.kill.join
    ensure
      hanging.signal("CONT")
    end
  end
end
