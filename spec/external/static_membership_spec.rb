# frozen_string_literal: true

require_relative "support/ring"

# Owns the proof that members with a `group.instance.id` may restart without a rebalance.
RSpec.describe "A static member" do
  let(:group) { Cluster.unique("group") }

  def static(topic, name)
    member(topic, group, SETTINGS: "config.kafka.librdkafka = { \"group.instance.id\" => #{name.inspect} }")
  end

  { "stopped" => "TERM", "killed" => "KILL" }.each do |how, signal|
    it "that is #{how} and restarted within session_timeout has its partitions back, and nobody else notices" do
      topic = create_topic(4)
      restarted = static(topic, "one")
      other = static(topic, "two")
      settled(4, restarted, other)
      publish(topic, 0...40)
      wait_until("40 records") { records(restarted, other).size == 40 }
      before = [owned(restarted), owned(other)]
      told = other.lines.grep(/assigned|revoked/)

      restarted.signal(signal)
      restarted.finish
      again = static(topic, "one")
      settled(4, again, other)
      publish(topic, 40...80)
      wait_until("80 records") { (records(restarted, again, other).map(&:last) & (0...80).to_a).size == 80 }

      expect([owned(again), owned(other)]).to eq(before)
      expect(other.lines.grep(/assigned|revoked/)).to eq(told)
      expect(records(other).uniq.size).to eq(records(other).size)
      stop(again, other)
    end
  end

  it "whose name another member takes ends with exit code 1 and one line, and the other has its partitions" do
    topic = create_topic(2)
    first = static(topic, "one")
    settled(2, first)
    second = static(topic, "one")
    ended = first.finish
    expect([ended.code, ended.err.lines.size]).to eq([1, 1])
    expect(ended.err).to match(/g cannot consume any more: FENCED_INSTANCE_ID .*same group\.instance\.id/)
    settled(2, second)
    publish(topic, 0...10)
    wait_until("10 records") { records(second).size == 10 }
    stop(second)
  end
end
