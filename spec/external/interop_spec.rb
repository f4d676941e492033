# frozen_string_literal: true

require "json"
require "zlib"
require_relative "support/ring"
require_relative "support/confluent_kafka"
require_relative "support/kcat"
require_relative "support/our_side"
require_relative "../support/wire"

# Owns the proof that clients which are not ours consume what we produce and produce what we consume: each part of a
# record, in every compression, and in the partition that Karafka 1.1 would have chosen.
RSpec.describe "Foreign clients" do
  include OurSide
  include Asking

  # Kafka's numbers of them.
  codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

  # In this order in each partition.
  contents = {
    "without a key" => { value: "plain" },
    "with a key" => { key: "user-1", value: '{"total":12}' },
    "with an empty key" => { key: "", value: "under no name" },
    "with a binary key" => { key: "\xFF\x00\n\xFE", value: "under bytes" },
    "with headers" => { value: "headed", headers: { "trace" => "1", "none" => nil, "empty" => "", "raw" => "\xFF" } },
    "with a header twice" => { value: "twice", headers: [%w[step one], %w[step two]] },
    "that is a tombstone" => { key: "gone", value: nil },
    "without content" => { key: "hollow", value: "" },
    "that is not UTF-8" => { value: "\xC3\x28 \xFF" },
    "that is not ASCII" => { key: "ż", value: "zażółć gęślą jaźń" },
    # Any client leaves small records uncompressed.
    "that is worth compressing" => { key: "large", value: "karafka on a core in rust " * 400 },
    "with a time" => { value: "then", timestamp: 1_509_871_234_567 }
  }
  # What our producer refuses to send, or has no words for.
  foreign_only = ["with an empty key", "with a header twice"]

  # @return [Array<Foreign::Record>] one of each kind in each codec's partition
  define_method(:records) do |codec, kinds = contents.keys|
    contents.values_at(*kinds).map { |content| Foreign::Record.new(**content, partition: codecs.fetch(codec)) }
  end

  # By the clock of whoever sent it when none was given.
  def expect_times(received, sent, since)
    received.zip(sent).each do |one, other|
      given = other.timestamp
      expect(one.timestamp).to given ? eq(given) : be_between(since, milliseconds)
    end
  end

  def milliseconds
    Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)
  end

  let(:group) { Cluster.unique("group") }

  shared_examples "a client" do |client|
    before { skip client.missing if client.missing }

    it "consumes what we produce, in every compression" do
      since = milliseconds
      sent = codecs.keys.flat_map do |codec|
        records(codec, contents.keys - foreign_only).tap { |list| send_ours(list, codec) }
      end
      received = client.consume(servers, topic)
      expect(received.map { |it| [it.partition, *it.content] }).to eq(sent.map { |it| [it.partition, *it.content] })
      expect_times(received, sent, since)
      expect_compressed(codecs.values)
    end

    it "produces what we consume, in every compression" do
      since = milliseconds
      sent = codecs.keys.flat_map do |codec|
        list = records(codec).reject { |it| it.timestamp && !client::TIMESTAMPS }
        list.tap { client.produce(servers, topic, list, "compression.codec" => codec) }
      end
      received = consume_ours(sent.size)
      # Of a header that came twice, the last.
      expected = sent.map { |it| [it.partition, it.key, it.value, it.headers.to_h.to_a] }
      expect(received.map { |it| [it.partition, *it.content] }).to eq(expected)
      expect_times(received, sent, since)
      expect_compressed(codecs.values)
    end

    it "finds our keyed records where Karafka 1.1 put them, and puts its own there" do
      send_keyed
      client.produce(servers, keyed_topic, keys.map { |key| Foreign::Record.new(key: key, value: key, partition: nil) },
                     "partitioner" => "consistent_random")
      received = client.consume(servers, keyed_topic)
      expect(received.size).to eq(3 * keys.size)
      received.group_by(&:value).each do |key, list|
        expect([key, list.map(&:partition).uniq]).to eq([key, [Zlib.crc32(key) % 12]])
      end
      known = received.to_h { |it| [it.value.dup.force_encoding("UTF-8"), it.partition] }
      expect(known).to include("abc" => 6, "user-1" => 8, "42" => 8, "ż" => 11)
    end

    # By key, and by partition key, where the key could not be it.
    def send_keyed
      WaterDrop.setup { |config| config.kafka.seed_brokers = servers }
      keys.each do |key|
        WaterDrop::SyncProducer.call(key, topic: keyed_topic, key: key)
        WaterDrop::SyncProducer.call(key, topic: keyed_topic, key: "another", partition_key: key)
      end
    end

    # With what 1.1 is known to have made of four of them.
    let(:keys) { ["abc", "user-1", "42", "ż", *Array.new(100) { |number| "customer-#{number}" }] }
  end

  # Our group's positions are everybody's.
  shared_examples "a client of our group" do |client|
    before { skip client.missing if client.missing }

    let(:first) { Array.new(5) { |number| Foreign::Record.new(value: "first #{number}", partition: number) } }
    let(:later) { Array.new(5) { |number| Foreign::Record.new(value: "later #{number}", partition: number) } }

    # @return [String] id of the group that {#consume_ours} makes
    def group_id
      "#{group}_#{topic}"
    end

    it "goes on where our group has ended" do
      send_ours(first, nil)
      expect(consume_ours(5).map(&:value)).to eq(first.map(&:value))
      send_ours(later, nil)
      expect(client.consume(servers, topic, group: group_id).map(&:value)).to eq(later.map(&:value))
    end

    it "is followed by our group where it has ended" do
      client.produce(servers, topic, first)
      expect(client.consume(servers, topic, group: group_id, commit: true).map(&:value)).to eq(first.map(&:value))
      client.produce(servers, topic, later)
      expect(consume_ours(5).map(&:value)).to eq(later.map(&:value))
    end
  end

  # Whole batches pass a proxy, which sees how they are compressed; the embedded broker keeps them as they came.
  shared_context "with the embedded broker" do
    let(:servers) { @proxy.address }
    let(:topic) { "foreign" }
    let(:keyed_topic) { "keyed" }

    before do
      @compressed = compressed = Hash.new { |places, place| places[place] = [] }
      broker("foreign" => 5, "keyed" => 12).inject(kind: :max_version, api: :produce, version: 7)
      @proxy = Proxy.new(broker.bootstrap_servers) do |direction, api, frame|
        next frame unless [direction, api] == %i[request produce]

        frame.tap { Wire.batches(frame).each { |batch| compressed[batch.place] |= [batch.codec] } }
      end
    end
    after { @proxy.close }

    # Each codec has the partition of its number.
    def expect_compressed(numbers)
      expected = numbers.to_h { |number| [number, [number] - [0]] }
      expect(@compressed.transform_values { |seen| seen - [0] }).to eq(expected)
    end
  end

  shared_context "with the cluster" do
    let(:topic) { create_topic(5) }
    let(:keyed_topic) { create_topic(12) }

    def expect_compressed(_numbers); end
  end

  describe "confluent-kafka for Python, by the cluster" do
    include_context "with the cluster"
    it_behaves_like "a client", Foreign::ConfluentKafka
    it_behaves_like "a client of our group", Foreign::ConfluentKafka
  end

  describe "confluent-kafka for Python, by the embedded broker" do
    include_context "with the embedded broker"
    it_behaves_like "a client", Foreign::ConfluentKafka
    it_behaves_like "a client of our group", Foreign::ConfluentKafka
  end

  describe "confluent-kafka for Python, in transactions" do
    before do
      skip Foreign::ConfluentKafka.missing if Foreign::ConfluentKafka.missing
      @listening = hear("http.listening")
    end

    def endpoint
      @listening.first.fetch(:address)
    end

    # nisshi has none.
    let(:servers) { Cluster::GIVEN || own_noida.servers }
    let(:topic) { create_topic(1) }

    it "keeps from us what it did not commit" do
      %i[commit abort commit].each_with_index do |ending, number|
        records = Array.new(3) { |place| Foreign::Record.new(value: "#{ending} #{number} #{place}") }
        Foreign::ConfluentKafka.produce(servers, topic, records, transaction: ending)
      end
      expect(consume_ours(6).map(&:value)).to eq(
        ["commit 0 0", "commit 0 1", "commit 0 2", "commit 2 0", "commit 2 1", "commit 2 2"]
      )
    end

    # Kafka's note of how a transaction ended has an offset like any record.
    it "leaves us nothing to do behind what we have read" do
      Foreign::ConfluentKafka.produce(servers, topic, [Foreign::Record.new(value: "only")], transaction: :commit)
      consume_ours(1) do
        wait_until("it is all read") do
          place = JSON.parse(get("/status").body)["groups"].flat_map { |it| it["partitions"] }.first
          place&.values_at("marked", "end", "lag") == [1, 2, 0]
        end
      end
    end
  end

  # Debian's kcat does not understand nisshi's answers.
  if Cluster::GIVEN
    describe "kcat, by the cluster" do
      include_context "with the cluster"
      it_behaves_like "a client", Foreign::Kcat
    end
  end

  describe "kcat, by the embedded broker" do
    include_context "with the embedded broker"
    it_behaves_like "a client", Foreign::Kcat
  end
end
