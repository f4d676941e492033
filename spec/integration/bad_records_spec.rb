# frozen_string_literal: true

# Owns the proof of what becomes of odd records: too large, damaged on the way, gone, empty, in no encoding, with odd
# headers. Each is refused with a clear error or comes as it was sent, and no other record is lost for it.
RSpec.describe "Odd records" do
  let(:log) { Queue.new }

  before { broker("t" => 1) }

  after { @proxy&.close }

  # A server that ends closes it; the next one is new.
  def producer
    Karafka.producer
  end

  def through_proxy(&meddle)
    @proxy = Proxy.new(broker.bootstrap_servers, &meddle)
    @proxy.address
  end

  # Each record as what `read` gives of it.
  def application(servers: broker.bootstrap_servers, beginning: true, **librdkafka, &read)
    read ||= ->(params) { [params.offset, params.raw_payload] }
    consumer = controller(log) { log << read.call(params) }
    setup_application do |config|
      config.kafka.seed_brokers = servers
      # A group that comes again is made to wait for less a second.
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
      config.kafka.librdkafka = librdkafka.transform_keys(&:to_s)
    end
    draw do
      topic(:t) do
        controller consumer
        start_from_beginning beginning
      end
    end
    WaterDrop.config.kafka.seed_brokers = broker.bootstrap_servers
  end

  def taken(count)
    wait_until("#{count} records (#{log.size})") { log.size >= count }
    Array.new(log.size) { log.pop }
  end

  def send_payloads(*payloads, **options)
    payloads.each { |payload| producer.produce_sync(topic: "t", payload: payload, **options) }
  end

  describe "that are too large" do
    let(:messages) { ["1", "x" * 1_100_000, "2"].map { |payload| { topic: "t", payload: payload } } }

    it "are refused here with their size and the setting, and the others of the call are sent" do
      application
      expect { producer.produce_many_sync(messages) }.to raise_error(Karafka::Errors::DeliveryFailed) { |error|
        expect(error.message).to match(/number 1 to t: .*1100000 bytes.*`message.max.bytes`, 1000000 here/)
        expect([error.code, error.failed.map(&:index)]).to eq(["MSG_SIZE_TOO_LARGE", [1]])
        expect(error.delivered.map(&:offset)).to eq([0, 1])
      }
    end

    it "are refused by the broker with their size and the setting, and the others of the call are sent" do
      application("message.max.bytes": "2000000")
      producer.produce_sync(**messages[0])
      broker.inject(kind: :requests, api: :produce, code: "MSG_SIZE_TOO_LARGE", times: 1)
      handles = messages[1..].map do |message|
        producer.produce_async(**message).tap { |handle| wait_until("an answer") { handle.done? } }
      end
      expect { handles[0].wait(9) }.to raise_error(Karafka::Errors::DeliveryFailed, /1100000 bytes.*, 2000000 here/)
      expect(handles[1].wait(9)).to eq([0, 1])
    end

    it "for their headers are refused the same, and carried when the setting allows it" do
      application("message.max.bytes": "11000000") { |params| params.headers.transform_values(&:size) }
      headers = { "a" => "x" * 10_000_000, "b" => "y" }
      expect { producer.produce_sync(topic: "t", payload: "1", headers: headers.merge("c" => "z" * 1_000_000)) }
        .to raise_error(Karafka::Errors::DeliveryFailed, /11000005 bytes/)
      # The broker forgets at once what is above 5 MB.
      producer.produce_sync(topic: "t", payload: "1", headers: headers.merge("a" => "x" * 4_000_000))
      expect(serving { taken(1) }).to eq([{ "a" => 4_000_000, "b" => 1 }])
    end
  end

  it "come as they were sent: tombstones, empty ones, in no encoding, with many, null and repeated headers" do
    application { |params| [params.raw_payload, params.key, params.headers] }
    bad = "\xFF\xFE\x00".b
    many = (0...10_000).to_h { |number| ["h#{number}", number.to_s] }
    odd = { "null" => nil, "" => "no name", "bad" => bad, sym: "1", "empty" => "", "ż" => "utf" }
    [[nil, "k", nil], ["", "k", nil], [bad, bad, nil], ["1", nil, many], ["2", nil, odd]]
      .each { |payload, key, headers| producer.produce_sync(topic: "t", payload: payload, key: key, headers: headers) }
    # Other producers may send a name twice; a Hash holds the last.
    native = Karafka::Native::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    native.produce("t", "3", nil, 0, nil, nil, { "a" => "first", a: "last" }, true).wait(10)
    records = serving { taken(6) }
    expect(records.map { |payload, key, _| [payload&.b, key&.b] })
      .to eq([[nil, "k"], ["", "k"], [bad, bad], ["1", nil], ["2", nil], ["3", nil]])
    expect(records.flatten.grep(String).map { |text| [text.encoding, text.frozen?] }.uniq)
      .to eq([[Encoding::UTF_8, true]])
    expect(records.map(&:last)).to eq([{}, {}, {}, many, odd.transform_keys(&:to_s).merge("bad" => bad.dup
      .force_encoding("UTF-8")), { "a" => "last" }])
  ensure
    native&.close(5)
  end

  {
    "a NUL in a header's name" => { headers: { "a\0b" => "1" } },
    "a header's name in no encoding" => { headers: { "\xFF" => "1" } },
    "a header's name as String and as Symbol" => { headers: { "a" => "1", a: "2" } },
    "a topic in no encoding" => { topic: "\xFF" }, "a topic in UTF-16" => { topic: "t".encode("UTF-16LE") },
    "a partition beyond what Kafka can have" => { partition: 2**31 },
    "a time before 1970" => { timestamp: Time.at(-1) },
    "a time beyond what Kafka can have" => { timestamp: 2**63 }
  }.each do |what, options|
    it "are refused before anything of the call is sent: #{what}" do
      application
      messages = [{ topic: "t", payload: "1" }, { topic: "t", payload: "2", **options }]
      expect { producer.produce_many_sync(messages) }.to raise_error(WaterDrop::Errors::InvalidMessageOptions)
      expect(producer.produce_sync(topic: "t", payload: "3").offset).to eq(0)
    end
  end

  # The one before is in the same answer, and so is the one behind.
  it "damaged on the way are noticed, never handed out, and fetched again; none is skipped or comes twice" do
    damage = 2
    servers = through_proxy do |direction, api, frame|
      at = frame.index("payload-3") if direction == :response && api == :fetch && damage.positive?
      next frame unless at

      damage -= 1
      frame.dup.tap { |copy| copy.setbyte(at, copy.getbyte(at) ^ 1) }
    end
    application(servers: servers)
    producer.produce_sync(topic: "t", payload: "first")
    handles = Array.new(6) { |number| producer.produce_async(topic: "t", payload: "payload-#{number}") }
    handles.each { |handle| handle.wait(10) }
    errors = hear("connection.error")
    resets = hear("partition.reset")
    serving do
      wait_until("the damage") { damage.zero? }
      send_payloads("last")
      expect(taken(8)).to eq(["first", *(0..5).map { |number| "payload-#{number}" }, "last"].each_with_index
        .map { |payload, offset| [offset, payload] })
    end
    # librdkafka goes astray for a moment, and says so.
    bad = errors.reject { |error| error[:code] == "_AUTO_OFFSET_RESET" }
    expect(bad).to all(include(code: "_BAD_MSG", fatal: false, message: %r{\At/0: .*CRC32C check.*fetched again}))
    expect(bad.size).to be_between(1, 2)
    # Nothing was lost nor came again.
    expect(resets).to eq([])
  end

  describe "that are gone" do
    [true, false].each do |beginning|
      it "are told with partition, from and to, start_from_beginning #{beginning}, and reading goes on" do
        application(beginning: beginning)
        serving { wait_until("a place") { send_payloads("0") && log.size >= 3 } }
        place = Array.new(log.size) { log.pop }.last.first + 1
        # The broker keeps 5 MB.
        14.times { producer.produce_many_sync([{ topic: "t", payload: "x" * 1000 }] * 1000) }
        errors = hear("connection.error")
        Karafka::App.status.reset!
        payloads = []
        serving do
          wait_until("the news") { errors.any? }
          wait_until("new ones") do
            send_payloads("later")
            payloads.concat(taken(0).map(&:last)).last == "later"
          end
        end
        # The broker is full: what comes "later" makes it forget more, perhaps the new place too.
        expect(errors).to all(include(code: "_AUTO_OFFSET_RESET"))
        expect(errors[0][:message]).to match(/t \[0\]: offset reset \(at offset #{place}\D.*not consumed/)
        expect(errors[0][:message]).to include(beginning ? "BEGINNING" : "END")
        expect(payloads.count { |payload| payload.start_with?("x") }).to beginning ? be > 4_000 : eq(0)
      end
    end

    it "since the place is beyond the end are told the same, and reading goes on" do
      servers = through_proxy do |direction, api, frame|
        next frame unless direction == :response && api == :offset_fetch

        # Partition 0 is committed at 3: the answer says a million more.
        frame.gsub([0, 3].pack("l>q>"), [0, 1_000_003].pack("l>q>"))
      end
      application(servers: servers)
      send_payloads("0", "1", "2")
      serving { taken(3) }
      errors = hear("connection.error")
      Karafka::App.status.reset!
      serving { expect(taken(3).map(&:last)).to eq(%w[0 1 2]) }
      expect(errors.map { |error| error[:message] })
        .to match([/t \[0\]: offset reset \(at offset 1000003\D.*to .*BEGINNING.*not available/])
    end
  end
end
