# frozen_string_literal: true

# Owns the proof that WaterDrop 1.0 is set up and called as it was, that records arrive where they arrived, and that
# what did not work then (compression, create_time) does.
RSpec.describe "WaterDrop 1.0" do
  let(:log) { Queue.new }

  def set_up(servers = broker.bootstrap_servers, **settings)
    Karafka::App.config.logger = Logger.new(IO::NULL)
    WaterDrop.setup do |config|
      config.kafka.seed_brokers = servers.split(",").map { |it| "kafka://#{it}" }
      settings.each { |name, value| config.kafka.public_send(:"#{name}=", value) }
    end
  end

  # @return [Array] what the block makes of each message of the topic
  def received(count, topic = "t", &read)
    type = controller(log) { log << read.call(params) }
    setup_application
    draw { topic(topic) { controller type } }
    serving { wait_until("#{count} messages (#{log.size})") { log.size >= count } }
    Array.new(log.size) { log.pop }
  end

  # CRC-32 of zlib => partition of 3, and of 12.
  { "abc" => [0, 6], "user-1" => [2, 8], "42" => [2, 8], "ż" => [2, 11] }.each do |key, places|
    it "sends #{key} to partition #{places.join(" of 3 and to ")} of 12, as key and as partition_key" do
      broker("of3" => 3, "of12" => 12)
      set_up
      %w[of3 of12].each do |topic|
        WaterDrop::SyncProducer.call("key", topic: topic, key: key)
        WaterDrop::SyncProducer.call("partition_key", topic: topic, partition_key: key)
        # `partition_key` chooses, `key` is what is stored.
        WaterDrop::SyncProducer.call("both", topic: topic, partition_key: key, key: "other")
      end
      type = controller(log) { log << [params.topic, params.raw_payload, params.partition, params.key] }
      setup_application
      draw { %w[of3 of12].each { |name| topic(name) { controller type } } }
      serving { wait_until("six messages") { log.size == 6 } }
      expect(Array.new(6) { log.pop }).to match_array(%w[of3 of12].zip(places).flat_map { |topic, place|
        [[topic, "key", place, key], [topic, "partition_key", place, nil], [topic, "both", place, "other"]]
      })
    end
  end

  it "sends key, partition, headers and create_time, any message as its text, and nil as a tombstone" do
    broker("t" => 2)
    set_up
    time = Time.at(1_500_000_000, 250, :millisecond)
    expect(WaterDrop::SyncProducer.call(12, topic: "t", key: "k", partition: 1, create_time: time,
                                            headers: { "a" => "b" })).to be_nil
    expect(WaterDrop::AsyncProducer.call(nil, topic: "t", key: "gone", partition: 1)).to be_nil
    read = received(2) { |it| [it.partition, it.key, it.raw_payload, it.headers, it.create_time] }
    expect(read).to match([[1, "k", "12", { "a" => "b" }, time],
                           [1, "gone", nil, {}, be_within(30).of(Time.now)]])
  end

  # Codec => Kafka's number for it.
  { gzip: 1, snappy: 2, "gzip" => 1, nil => 0 }.each do |codec, number|
    it "compresses with #{codec.inspect}" do
      codecs = Queue.new
      broker("t" => 1).inject(kind: :max_version, api: :produce, version: 7)
      proxy = Proxy.new(broker.bootstrap_servers) do |direction, api, frame|
        Wire.batches(frame).each { |batch| codecs << batch.codec } if direction == :request && api == :produce
        frame
      end
      set_up(proxy.address, compression_codec: codec)
      WaterDrop::SyncProducer.call("x" * 10_000, topic: "t")
      expect(codecs.pop).to eq(number)
      expect(received(1, &:raw_payload)).to eq(["x" * 10_000])
    ensure
      WaterDrop::Producers.close(1)
      proxy&.close
    end
  end

  it "sends asynchronous messages at once, unless they are asked to wait" do
    broker("t" => 1)
    set_up
    WaterDrop::AsyncProducer.call("now", topic: "t")
    begun = now
    wait_until("the delivery", timeout: 2) { Karafka.producer.queue_size.zero? }
    expect(now - begun).to be < 2
    set_up(delivery_interval: 0.5)
    WaterDrop::AsyncProducer.call("later", topic: "t")
    begun = now
    wait_until("the delivery") { WaterDrop::Producers.async.queue_size.zero? }
    expect(now - begun).to be_between(0.4, 5)
    expect(received(2, &:raw_payload)).to eq(%w[now later])
  end

  it "has the settings of 1.0, each with a value of its own" do
    values = {
      max_buffer_bytesize: 10_000_000, max_buffer_size: 2_000, max_queue_size: 1_500, ack_timeout: 6,
      delivery_interval: 2, delivery_threshold: 50, max_retries: 3, retry_backoff: 2, required_acks: 1,
      compression_codec: :snappy, compression_threshold: 2, connect_timeout: 9, socket_timeout: 20
    }
    set_up("h:1", **values)
    expect(WaterDrop.config.kafka.to_h).to include(values)
    properties = Karafka::Setup::Librdkafka.producer(WaterDrop.config, linger: 2, threshold: 50)
    expect(properties).to include(
      "queue.buffering.max.kbytes" => "9765", "queue.buffering.max.messages" => "2000", "request.timeout.ms" => "6000",
      "linger.ms" => "2000", "batch.num.messages" => "50", "message.send.max.retries" => "3",
      "retry.backoff.ms" => "2000", "acks" => "1", "compression.codec" => "snappy", "socket.timeout.ms" => "20000"
    )
  end

  it "tells its own logger of messages that were not delivered, when it was given one" do
    text = StringIO.new
    set_up("127.0.0.1:1", delivery_timeout: 0.1)
    WaterDrop.setup { |config| config.logger = Logger.new(text) }
    WaterDrop::AsyncProducer.call("x", topic: "t")
    wait_until("the line") { text.string.include?("a message to t/") }
    expect(WaterDrop.logger).to be WaterDrop.config.logger
  end

  it "works alone, by either of its names" do
    broker("t" => 1)
    %w[waterdrop water_drop].each do |name|
      ended = run_child(<<~RUBY)
        require "#{name}"
        WaterDrop.setup { |config| config.kafka.seed_brokers = ["kafka://\#{ENV.fetch("BROKERS")}"] }
        p WaterDrop::SyncProducer.call("#{name}", topic: "t")
      RUBY
      expect([ended.code, ended.out, ended.err]).to eq([0, ["nil"], ""])
    end
    expect(received(2, &:raw_payload)).to eq(%w[waterdrop water_drop])
  end
end
