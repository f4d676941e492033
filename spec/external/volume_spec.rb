# frozen_string_literal: true

require "digest"
require_relative "support/ring"

# Owns the proof that numbers and sizes beyond an embedded broker's come through whole: many partitions, large records,
# members that come and go under load.
RSpec.describe "A group with much to do" do
  let(:group) { Cluster.unique("group") }

  it "consumes 100 partitions, each in order, nothing missing and nothing twice" do
    topic = create_topic(100)
    # The number tells the partition and the place in it.
    messages = (0...50).flat_map do |place|
      Array.new(100) { |partition| { topic: topic, partition: partition, payload: (partition * 1000 + place).to_s } }
    end
    producer.produce_many_sync(messages)
    process = member(topic, group)
    wait_until("5000 records", timeout: 60) { records(process).size >= 5000 }
    stop(process)

    seen = records(process).group_by(&:first)
    expected = (0...100).to_h do |partition|
      [partition, Array.new(50) { |place| [partition, place, partition * 1000 + place] }]
    end
    expect(seen).to eq(expected)
  end

  it "carries 900 KB records through every compression, byte for byte" do
    topic = create_topic(1)
    random = Random.new(1)
    letters = "karafka on a core in rust " * (900 * 1024 / 26 + 1)
    payloads = [letters.byteslice(0, 900 * 1024), random.bytes(900 * 1024), "", "\x00" * (900 * 1024)]
    codecs = [nil, "gzip", "snappy", "lz4", "zstd"]
    sent = codecs.flat_map { |codec| send_compressed(topic, codec, payloads) }

    process = karafka_server(<<~RUBY, env: { "TOPIC" => topic, "GROUP" => group })
      require "digest"
      class Digests < Karafka::BaseController
        def consume
          params_batch.each { |params| puts "\#{params.offset} \#{Digest::SHA256.hexdigest(params.raw_payload)}" }
        end
      end
      application { |config| config.client_id = ENV.fetch("GROUP") }
      routes { topic(ENV.fetch("TOPIC")) { controller Digests; batch_consuming true } }
    RUBY
    digests = -> { process.lines.grep(/\A\d/) }
    wait_until("all records", timeout: 60) { digests.call.size >= sent.size }
    expect(digests.call).to eq(sent.each_with_index.map { |it, offset| "#{offset} #{Digest::SHA256.hexdigest(it)}" })
    stop(process)
  end

  # @return [Array<String>] what was sent
  def send_compressed(topic, codec, payloads)
    WaterDrop::Producers.close(5)
    WaterDrop.setup do |config|
      config.client_id = "spec"
      config.kafka.seed_brokers = servers
      config.kafka.compression_codec = codec
    end
    payloads.each { |payload| WaterDrop::SyncProducer.call(payload, topic: topic) }
  end

  it "loses none of 50,000 records while members join and leave under load" do
    topic = create_topic(8)
    sent = 0
    enough = false
    publishing = Thread.new do
      until enough && sent >= 50_000
        publish(topic, sent...(sent + 250))
        sent += 250
      end
    end
    members = [member(topic, group), member(topic, group)]
    settled(8, *members)
    wait_until("both work") { members.all? { |it| records(it).size > 500 } }
    stop(members[1])
    members << member(topic, group)
    settled(8, members[0], members[2])
    wait_until("the third works") { records(members[2]).size > 500 }
    stop(members[0])
    enough = true
    publishing.value
    wait_until("everything", timeout: 60) { records(*members).map(&:last).uniq.size == sent }
    stop(members[2])

    # A batch that was in user code when its partition went may come again elsewhere; nothing else may.
    all = records(*members)
    expect(all.map(&:last).uniq.sort).to eq((0...sent).to_a)
    expect(all.uniq.group_by(&:first).values.map { |list| list.map { |it| it[1] }.sort })
      .to all(satisfy { |offsets| offsets == (0...offsets.size).to_a })
    expect_order(*members)
  end
end
