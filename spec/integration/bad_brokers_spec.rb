# frozen_string_literal: true

require "socket"

# Owns the proof of what consumers and producers say and do when brokers refuse, forget, speak an older protocol, or are
# no brokers at all: one clear error, the rest goes on, and a stop stays quick.
RSpec.describe "Odd brokers" do
  let(:log) { Queue.new }
  let(:errors) { hear("connection.error") }

  # Two topics of one group, each with a record.
  def application(servers = broker("t" => 1, "u" => 1).bootstrap_servers, **librdkafka)
    consumer = controller(log) { log << [params.topic, params.raw_payload] }
    setup_application do |config|
      config.kafka.seed_brokers = servers
      config.kafka.librdkafka = { "topic.metadata.refresh.interval.ms" => 200, **librdkafka.transform_keys(&:to_s) }
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
    end
    draw do
      consumer_group(:g) do
        topic(:t) { controller consumer }
        topic(:u) { controller consumer }
      end
    end
    errors
  end

  # @return [Array] the next record
  def sent(topic, payload)
    @sender ||= Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    @sender.produce_sync(topic: topic, payload: payload)
  end

  after { @sender&.close }

  def comes(*records)
    wait_until("#{records} (#{log.size}, #{errors})") { log.size >= records.size }
    expect(Array.new(log.size) { log.pop }).to match_array(records)
  end

  def codes
    errors.map { |error| error[:code] }
  end

  it "that forget a topic for a while are told of once; the other goes on, and so does the topic when it is back" do
    application
    serving do
      %w[t u].each { |topic| sent(topic, "1") }
      comes(%w[t 1], %w[u 1])
      broker.inject(kind: :topic, topic: "t", code: "UNKNOWN_TOPIC_OR_PART")
      wait_until("the error") { errors.any? }
      sent("u", "2")
      comes(%w[u 2])
      broker.inject(kind: :topic, topic: "t", code: "NO_ERROR")
      sent("t", "2")
      # What was not committed when it went may come again.
      wait_until("the topic (#{errors})") { !log.empty? && log.pop == %w[t 2] }
    end
    expect(errors.map { |error| [error[:code], error[:message][/\bt\b/]] }).to eq([%w[UNKNOWN_TOPIC_OR_PART t]])
  end

  it "that refuse a topic are told of with its name; the other goes on, and so does the topic when it is allowed" do
    application
    broker.inject(kind: :topic, topic: "t", code: "TOPIC_AUTHORIZATION_FAILED")
    serving do
      sent("u", "1")
      comes(%w[u 1])
      wait_until("the error") { errors.any? }
      broker.inject(kind: :topic, topic: "t", code: "NO_ERROR")
      sent("t", "1")
      comes(%w[t 1])
    end
    expect(errors.map { |error| [error[:code], error[:message][/\bt\b/]] }).to eq([%w[TOPIC_AUTHORIZATION_FAILED t]])
  end

  it "that refuse to give records are told of with topic and partition, and asked again" do
    application("fetch.error.backoff.ms": 50)
    serving do
      sent("t", "1")
      comes(%w[t 1])
      broker.inject(kind: :requests, api: :fetch, code: "TOPIC_AUTHORIZATION_FAILED", times: 1)
      wait_until("the error") { errors.any? }
      sent("t", "2")
      comes(%w[t 2])
    end
    expect(errors).to all(include(code: "TOPIC_AUTHORIZATION_FAILED", fatal: false, message: %r{\A[tu]/0: }))
  end

  it "that refuse a group are told of with its name, with advice in the log, and asked again" do
    text = StringIO.new
    application
    Karafka::App.config.logger = Logger.new(text)
    broker.inject(kind: :requests, api: :join_group, code: "GROUP_AUTHORIZATION_FAILED", times: 1)
    serving do
      sent("t", "1")
      comes(%w[t 1])
    end
    expect(errors).to match([include(group: "g", code: "GROUP_AUTHORIZATION_FAILED", fatal: false)])
    expect(text.string).to match(/g: GROUP_AUTHORIZATION_FAILED.*give this client the right/)
  end

  it "that refuse to take records fail each with its topic and advice, and the other topic goes on" do
    broker("t" => 1, "u" => 1).inject(kind: :topic, topic: "t", code: "TOPIC_AUTHORIZATION_FAILED")
    expect { sent("t", "1") }
      .to raise_error(Karafka::Errors::DeliveryFailed, /"t".*give this client the right to write/)
    expect(sent("u", "1").offset).to eq(0)
  end

  describe "that speak an older protocol" do
    { fetch: 4, join_group: 0, sync_group: 0, heartbeat: 0, offset_commit: 1, offset_fetch: 1, find_coordinator: 0,
      list_offsets: 1, metadata: 4, leave_group: 0 }.each do |api, version|
      it "are understood: #{api} #{version}" do
        application
        broker.inject(kind: :max_version, api: api, version: version)
        serving do
          sent("t", "1")
          comes(%w[t 1])
        end
        expect(codes).to eq([])
      end
    end

    { produce: [2, "UNSUPPORTED_VERSION"], init_producer_id: [-1, "_PURGE_QUEUE"] }.each do |api, (version, code)|
      it "and cannot do what sending needs fail each record with one clear error: #{api} #{version}" do
        broker("t" => 1).inject(kind: :max_version, api: api, version: version)
        WaterDrop.setup { |config| config.kafka.seed_brokers = broker.bootstrap_servers }
        Karafka::App.config.logger = Logger.new(IO::NULL)
        expect { WaterDrop::SyncProducer.call("1", topic: "t") }
          .to raise_error(Karafka::Errors::DeliveryFailed) { |error|
            expect(error.message).to match(/"t".*0\.11/)
            expect(error.code).to eq(code)
          }
      end
    end
  end

  describe "that are none" do
    # What a port answers to whatever is said to it.
    def port(&answer)
      @server = TCPServer.new("127.0.0.1", 0)
      Thread.new do
        loop { Thread.new(@server.accept) { |socket| answer.call(socket) } }
      rescue IOError, SystemCallError
        nil
      end
      "127.0.0.1:#{@server.addr[1]}"
    end

    after { @server.close }

    http = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    {
      "a web server" => ["_BAD_MSG", ->(socket) { [socket.readpartial(9), socket.write(http), socket.close] }],
      "random bytes" => ["_BAD_MSG", ->(socket) { [socket.readpartial(9), socket.write(Random.new(1).bytes(5000))] }],
      "one that hangs up" => ["_ALL_BROKERS_DOWN", lambda(&:close)],
      "one that never answers" => ["_ALL_BROKERS_DOWN", ->(_socket) { sleep }] # a peer that hangs
    }.each do |what, (code, answer)|
      it "are told of as an event, sending fails with its topic, and the stop is quick: #{what}" do
        application(port(&answer), "api.version.request.timeout.ms": 200)
        WaterDrop.config.kafka.delivery_timeout = 0.5
        begun = nil
        serving do
          expect { WaterDrop::SyncProducer.call("1", topic: "t") }
            .to raise_error(Karafka::Errors::DeliveryFailed, /"t".*brokers can be reached/)
          wait_until("the error #{codes}") { codes.include?(code) }
          begun = now
        end
        expect(now - begun).to be < 3
        expect(@stopped_clean).to be true
        expect(errors).to all(include(fatal: false))
      end
    end
  end
end
