# frozen_string_literal: true

require "spec_helper"
require_relative "support/effects"

# Exactly once in a database, whatever happens to the process: killed, suspended, joined and left by others. Every
# record has a known number and amount. The seed is that of RSpec: --seed repeats a run.
RSpec.describe Karafka::Rails::ExactlyOnce do
  partitions = 4
  total = 3_000
  amount = ->(number) { (number * 37 % 101) + 1 }
  expected = Array.new(total, &amount).sum
  dice = nil

  before do
    dice = Random.new(RSpec.configuration.seed)
    broker("amounts" => partitions)
  end

  let(:producer) { Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers) }

  after { producer.close }

  define_method(:produce) do |numbers|
    messages = numbers.map do |number|
      { topic: "amounts", payload: { number: number, amount: amount.call(number) }.to_json,
        partition: number % partitions }
    end
    producer.produce_many_sync(messages)
  end

  define_method(:expect_exact) do
    expect(effects).to eq((0...total).to_a)
    expect(sums).to eq([expected, expected])
  end

  define_method(:finish) do |*members|
    wait_until("all #{total} effects (#{effects_count})", timeout: 60) { effects_count == total }
    # One that the others left nothing for may still be on its way up, without a handler for the signal.
    members.each do |member|
      member.line("running", timeout: 60)
      member.signal(:TERM)
    end
    expect(members.map { |member| member.finish.code }).to all(eq(0))
  end

  # Each point, and moments that are no point at all.
  define_method(:fates) do
    points = Effects::POINTS.map { |point| "KILL:#{point}:#{dice.rand(1..8)}" }
    times = Array.new(4) { "KILL:time:#{dice.rand.fdiv(5).round(4)}" }
    (points + times).shuffle(random: dice)
  end

  Databases.kinds.each do |kind|
    context "with #{kind}" do
      before { prepare_effects(kind, partitions) }

      it "applies each record once although the process is killed again and again" do
        all = fates
        size = total / all.size
        all.each_with_index do |fate, index|
          produce((index * size)...((index + 1) * size))
          killed = effects_consumer(fate: fate).finish
          expect(killed.code).to eq("KILL"), "#{fate}: #{killed.out.last(3)} #{killed.err}"
        end
        produce((all.size * size)...total)
        finish(effects_consumer)
        expect_exact
      end

      it "applies each record once although members come, go, and wake up when others have their partitions" do
        # One thread: no other partition is within a transaction when it stops.
        first = effects_consumer(fate: "STOP:before:#{dice.rand(3..9)}", concurrency: 1)
        first.line("up")
        produce(0...800)
        wait_until("some effects") { effects_count > 100 || first.lines.include?("STOP at before") }
        second = effects_consumer
        produce(800...2_000)
        first.line("STOP at before", timeout: 60)
        wait_until("the others' effects (#{effects_count})", timeout: 60) { effects_count == 2_000 }
        # What it holds in its hands was applied by the second meanwhile.
        first.signal(:CONT)
        first.line(/skipped/)
        third = effects_consumer
        produce(2_000...total)
        second.signal(:TERM)
        finish(first, third)
        expect_exact
        expect(second.finish.code).to eq(0)
      end

      it "has who takes over wait for a transaction that is still open" do
        first = effects_consumer(fate: "STOP:block:3")
        first.line("up")
        produce(0...1_000)
        first.line("STOP at block", timeout: 60)
        second = effects_consumer
        partitions.times { |partition| second.line("assigned #{partition}", timeout: 60) }
        first.signal(:CONT)
        produce(1_000...total)
        finish(first, second)
        expect_exact
      end
    end
  end

  # What the examples above would see without the module: they can fail.
  it "is needed: a consumer that writes and is killed before its mark writes twice" do
    prepare_effects(:sqlite, partitions)
    produce(0...400)
    expect(effects_consumer(fate: "KILL:applied:5", consumer: "Naive").finish.code).to eq("KILL")
    member = effects_consumer(consumer: "Naive")
    wait_until("400 effects", timeout: 60) { effects_count == 400 }
    member.signal(:TERM)
    expect(member.finish.code).to eq(0)
    expect(effects.tally.count { |_, times| times > 1 }).to be > 0
  end
end
