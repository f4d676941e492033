# frozen_string_literal: true

# Owns the proof that the garbage collector may run, and move objects, whenever it likes, and that native memory is
# given back.
RSpec.describe "Native objects and the garbage collector" do
  let(:log) { Queue.new }

  before { broker("t" => 1) }

  def payload(number)
    { "number" => number, "filler" => "é" * 20 }.to_json
  end

  def publish(numbers, size: nil)
    numbers.each_slice(2_000) do |slice|
      Karafka.producer.produce_many_sync(
        slice.map do |number|
          { topic: "t", payload: size ? "x" * size : payload(number), partition: 0, key: "key-#{number}",
            headers: { "number" => number.to_s } }
        end
      )
    end
  end

  def route(consumer, **settings)
    setup_application { |config| settings.each { |name, value| config.public_send(:"#{name}=", value) } }
    draw_topic(consumer)
  end

  # Everything user code can read of a message.
  def read(params)
    [params.payload["number"], params["number"], params.key, params.headers["number"], params.offset]
  end

  def expected(number, offset = number)
    [number, number, "key-#{number}", number.to_s, offset]
  end

  it "produces, consumes and fails under GC.stress" do
    process = run_child(<<~RUBY, timeout: 60)
      class Stressed < Karafka::BaseController
        def consume
          GC.stress = true
          params_batch.each { |params| puts [params.payload, params.key, params.headers, params.offset].inspect }
          raise "boom" if attempt == 1

          mark_as_consumed(params_batch.last)
          respond_with(params_batch.size)
          Karafka::App.stop! if params_batch.last.offset == 4
        ensure
          GC.stress = false
        end
      end
      class Answers < Karafka::BaseResponder
        topic :answers, async: true
        def respond(size)
          respond_to :answers, size, key: "k"
        end
      end
      application
      routes do
        topic :t do
          controller Stressed
          responder Answers
          batch_consuming true
        end
      end
      GC.stress = true
      5.times { |n| Karafka.producer.produce_sync(topic: "t", payload: n.to_s, key: "k", headers: { "h" => n.to_s }) }
      GC.stress = false
      puts Karafka::Server.run
    RUBY
    lines = Array.new(5) { |number| [number, "k", { "h" => number.to_s }, number].inspect }
    expect([process.code, process.err]).to eq([0, ""])
    expect(process.out.tally).to eq(lines.to_h { |line| [line, 2] }.merge("true" => 1))
  end

  it "reads every record right while objects are moved all the time" do
    skip "this Ruby cannot move objects" unless GC.respond_to?(:compact)
    read = method(:read)
    consumer = controller(log) do
      params_batch.each_slice(50) do |slice|
        slice.each { |params| log << read.call(params) }
        GC.compact
      end
    end
    route(consumer, max_messages: 100)
    before = GC.auto_compact
    GC.auto_compact = true
    publish(0...500)
    serving { wait_until("500 records (#{log.size})", timeout: 60) { log.size >= 500 } }
    expect(Array.new(500) { log.pop }).to eq((0...500).map { |number| expected(number) })
  ensure
    GC.auto_compact = before unless before.nil?
  end

  it "has all references right after a verifying compaction" do
    skip "this Ruby cannot verify" unless GC.respond_to?(:verify_compaction_references)
    ended = run_child(<<~RUBY, timeout: 60)
      class Keeps < Karafka::BaseController
        KEPT = []
        def consume
          KEPT.concat(params_batch.to_a)
          Karafka::App.stop! if KEPT.size >= 20
        end
      end
      application
      routes do
        topic :t do
          controller Keeps
          batch_consuming true
        end
      end
      producer = Karafka.producer
      20.times { |n| producer.produce_sync(topic: "t", payload: n.to_s, headers: { "h" => "v" }) }
      handle = producer.produce_async(topic: "t", payload: "last")
      begin
        GC.verify_compaction_references(toward: :empty)
      rescue NotImplementedError
        nil
      end
      handle.wait(10)
      Karafka::Server.run
      GC.verify_compaction_references(toward: :empty)
      puts Keeps::KEPT.first(20).map(&:payload).inspect, Keeps::KEPT.first.headers
    RUBY
    expect([ended.code, ended.err]).to eq([0, ""])
    expect(ended.out).to eq([(0...20).to_a.inspect, '{"h"=>"v"}'])
  end

  it "keeps params readable that user code kept, after many more batches and collections" do
    kept = []
    consumer = controller(log) do
      kept << params_batch.to_a[params_batch.size / 2]
      log << params_batch.size
    end
    route(consumer, max_messages: 50)
    serving do
      publish(0...3_000)
      wait_until("3,000 records") { kept.size.positive? && kept.last.batch.last_offset >= 2_999 }
    end
    3.times { GC.start }
    expect(kept.map { |params| read(params) }).to eq(kept.map { |params| expected(params.offset) })
    expect(kept.size).to be > 20
  end

  it "gives the memory of finished batches back, and holds no more than a bound on the way" do
    most = count = 0
    consumer = controller(log) do
      most = [most, Karafka::Native::Batch.retained_bytes].max
      count += params_batch.each(&:raw_payload).size
    end
    route(consumer, max_messages: 100)
    start = Karafka::Native::Batch.retained_bytes
    serving do
      # 300 MB in all; the embedded broker remembers 5 MB, so it comes little by little.
      300.times do |round|
        publish(0...20, size: 50_000)
        wait_until("round #{round}") { count == (round + 1) * 20 }
      end
    end
    # What one more collection frees; what stacks may hold is a batch for each worker.
    wait_until("memory") do
      GC.start
      Karafka::Native::Batch.retained_bytes - start < 6 * 1_200_000
    end
    # What examples before this one left behind may have gone meanwhile.
    expect(most).to be > 5_000_000
    expect(most - start).to be < 3 * Karafka::Processing::Memory::STEP
  end

  it "does not grow over 3,000 batches" do
    ended = run_child(<<~RUBY, timeout: 60)
      class Counts < Karafka::BaseController
        SEEN = Queue.new
        def consume
          params_batch.each { |params| params.payload && params.key && params.headers }
          params_batch.size.times { SEEN << true }
        end
      end
      application { |config| config.max_messages = 10 }
      routes do
        topic :t do
          controller Counts
          batch_consuming true
        end
      end
      def resident
        GC.start
        File.read("/proc/self/status")[/VmRSS:\\s+(\\d+)/, 1].to_i
      end
      def round
        100.times do
          messages = Array.new(100) { { topic: "t", payload: '{"a":1}', key: "k", headers: { "h" => "v" } } }
          Karafka.producer.produce_many_sync(messages)
          100.times { Counts::SEEN.pop }
        end
      end
      server = Thread.new { Karafka::Server.run }
      round
      first = resident
      2.times { round }
      puts resident - first
      Karafka::App.stop!
      server.value
    RUBY
    expect([ended.code, ended.err]).to eq([0, ""])
    expect(ended.out.last.to_i).to be < 20_000 # kB
  end
end
