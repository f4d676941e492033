# frozen_string_literal: true

require_relative "support/ring"

# Owns the proof that a broker that dies and comes back costs nothing but time.
RSpec.describe "A broker that crashes" do
  let(:group) { Cluster.unique("group") }

  it "loses no acknowledged record, and producer and consumer go on by themselves" do
    broker = own_broker(durable: true)
    topic = create_topic(2)
    consuming = member(topic, group, COMMIT: "1")
    acked = Queue.new
    ended = false
    publishing = Thread.new do
      0.step do |number|
        break if ended

        report = producer.produce_sync(topic: topic, payload: number.to_s, key: number.to_s)
        acked << [report.partition, report.offset, number]
      end
    end
    seen = -> { records(consuming).size }
    wait_until("some work") { seen.call > 100 }

    2.times do
      broker.kill
      before = seen.call
      consuming.line(/\Aerror _(TRANSPORT|ALL_BROKERS_DOWN)/)
      broker.start
      wait_until("it went on", timeout: 60) { seen.call > before + 100 }
    end
    ended = true
    publishing.value
    sent = Array.new(acked.size) { acked.pop }
    wait_until("everything") { (sent - records(consuming)).empty? }

    # Records whose commit was lost with the broker may come again to the same member; nothing may be missing.
    expect(records(consuming).uniq.sort).to eq(sent.sort)
    expect(consuming.alive?).to be true
    stop(consuming)

    last = member(topic, group)
    at = publish(topic, [-1]).first
    last.line("#{at.partition} #{at.offset} -1")
    expect(records(last)).to eq([[at.partition, at.offset, -1]])
    stop(last)
  end
end
