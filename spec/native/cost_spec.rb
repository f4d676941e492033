# frozen_string_literal: true

require "objspace"

# Owns the proof of what consuming costs in Ruby objects and memory: counts, never time. What is counted is counted
# inside `consume`, of batches from the embedded broker, with nothing else of Ruby's running.
RSpec.describe "What consuming costs" do
  # In one batch.
  let(:records) { 1_000 }
  let(:log) { Queue.new }

  before { broker("t" => 1) }

  after { GC.enable }

  def publish(payloads)
    Karafka.producer.produce_many_sync(payloads.map { |payload| { topic: "t", partition: 0, payload: payload } })
  end

  # Runs the consumer until it has logged so many times, and gives what it logged.
  def consume(payloads, most: records, times: 1, batch: true, &consume)
    setup_application { |config| config.max_messages = most }
    draw_topic(controller(log, &consume), batch: batch)
    publish(payloads)
    serving { wait_until("#{times} results") { log.size >= times } }
    Array.new(times) { log.pop }
  end

  # Ruby objects that a block makes for each message of a batch, when everything has been loaded and cached: first the
  # block sees the first message alone. Batches that are too small to tell are left out.
  def objects_per_record(payloads, &block)
    least = payloads.size / 2
    consume(payloads) do
      next if params_batch.size < least

      block.call(Karafka::Params::ParamsBatch.new(params_batch.source, topic, 0, 1))
      GC.start
      GC.disable
      before = GC.stat(:total_allocated_objects)
      block.call(params_batch)
      made = GC.stat(:total_allocated_objects) - before
      GC.enable
      log << (made.to_f / params_batch.size)
    end.first
  end

  def flat(number)
    { id: number, total: number * 3, name: "name #{number}", state: "state #{number}", text: "long text " * 10 }.to_json
  end

  describe "in objects per record" do
    let(:payloads) { Array.new(records) { |number| flat(number) } }

    it "is none to count a batch" do
      expect(objects_per_record(payloads, &:size)).to be <= 0.05
    end

    it "is a message and a String to read each raw payload" do
      expect(objects_per_record(payloads) { |batch| batch.each(&:raw_payload) }).to be_between(2, 2.05)
    end

    it "is a String to read all raw payloads at once" do
      expect(objects_per_record(payloads, &:raw_payloads)).to be_between(1, 1.05)
    end

    it "is a message, a Hash and its Strings to read JSON" do
      expect(objects_per_record(payloads) { |batch| batch.each(&:payload) }).to be_between(5, 5.1)
    end

    it "is nothing more to read a payload again" do
      again = objects_per_record(payloads) { |batch| 2.times { batch.each(&:payload) } }
      expect(again).to be_between(5, 5.1)
    end

    it "is nothing more to read in another order, of payloads that are parsed in several parts" do
      long = Array.new(records) { |number| flat(number).sub("long", "long " * 130) }
      parted = objects_per_record(long) do |batch|
        first, last = batch.to_a.each_slice((batch.size + 1) / 2).to_a
        first.each_with_index { |params, place| [params, last&.fetch(place, nil)].compact.each(&:payload) }
      end
      expect(parted).to be_between(6, 6.2) # one of them is the pair
    end

    it "is a message and a String to read each raw payload message by message" do
      counts = consume(payloads * 4, times: 4 * records, batch: false) do
        params.raw_payload
        log << GC.stat(:total_allocated_objects)
      end
      # From the last message of the first batch to that of the last: three batches with all that belongs to them.
      expect((counts.last - counts[records - 1]) / (3.0 * records)).to be_between(1.9, 2.1)
    end
  end

  it "shares the keys of JSON records" do
    keys = consume(Array.new(records) { |number| flat(number) }) do
      log << params_batch.map { |params| params.payload.keys.map(&:object_id) }.uniq if params_batch.size > 1
    end.first
    expect(keys.size).to eq(1)
  end

  # What reading a batch like this adds to all Strings, in parts of its payloads.
  def copied(payloads, &block)
    consume(payloads) do
      next if params_batch.size < 50

      GC.start
      GC.disable
      before = ObjectSpace.memsize_of_all(String)
      block.call(params_batch)
      made = ObjectSpace.memsize_of_all(String) - before
      GC.enable
      log << (made.to_f / (params_batch.size * payloads.first.bytesize))
    end.first
  end

  describe "in copies of payloads" do
    let(:payloads) { Array.new(records) { "x" * 10_000 } }

    it "is none when all but the payload is read" do
      part = copied(payloads) { |batch| batch.map { |params| [params.offset, params.timestamp, params.headers] } }
      expect(part).to be < 0.02
    end

    it "is one when the payload is read" do
      expect(copied(payloads) { |batch| batch.each(&:raw_payload) }).to be_between(1, 1.1)
    end
  end

  # Only a collection of everything frees what is old.
  def old?(object)
    ObjectSpace.dump(object).include?('"old":true')
  end

  it "makes no message old because a collection came while it was consumed" do
    rounds = 10
    setup_application
    example = self
    consumer = controller(log) do
      params_batch.each(&:payload)
      # Whatever an old object holds by now becomes old with it.
      GC.start(full_mark: false)
      old = params_batch.count { |params| example.old?(params) || example.old?(params.payload) }
      log << [params_batch.size, old, example.old?(self)]
    end
    draw_topic(consumer)
    seen = serving do
      Array.new(rounds) do
        publish(Array.new(100) { |number| flat(number) })
        batches = [log.pop]
        batches << log.pop while batches.sum(&:first) < 100
        # The controller, as one that has lived for a while.
        4.times { GC.start }
        batches
      end
    end
    # Collections of Ruby's own may have made some old.
    expect(seen.drop(1).flatten(1).count { |_, old, _| old.positive? }).to be <= 2
    expect(seen.last.last[2]).to be(true), "the controller is not old"
  end

  it "lets another thread run while JSON is parsed" do
    turns = 0
    counting = Thread.new { loop { turns += 1 } }
    # Long to parse, few objects to make: far less than the 100 ms after which Ruby switches threads by itself.
    made = consume(Array.new(5) { "[#{"0," * 400_000}0]" }, times: 5) do
      params_batch.each do |params|
        Thread.pass
        before = turns
        params.payload
        log << (turns - before)
      end
    end
    # The one in the middle: now and then a switch of Ruby's own comes just then.
    expect(made.sort[2]).to be > 100
  ensure
    counting.kill
  end
end
