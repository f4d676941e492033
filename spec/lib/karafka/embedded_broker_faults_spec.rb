# frozen_string_literal: true

# Owns the proof that each fault the embedded broker can be told to have is really there, and ends.
RSpec.describe Karafka::EmbeddedBroker, "told to misbehave" do
  def produce(**options)
    @producer.produce_sync(topic: "t", payload: "1", **options)
  end

  before do
    servers = broker("t" => 2).bootstrap_servers
    @producer = Karafka::Producer.new("bootstrap.servers" => servers, "message.timeout.ms" => "2000")
  end

  after { @producer.close }

  it "fails requests as often as it was told, and not once more" do
    broker.inject(kind: :requests, api: :produce, code: "MSG_SIZE_TOO_LARGE", times: 1)
    expect { produce }.to raise_error(Karafka::Errors::DeliveryFailed) { |error|
      expect(error.code).to eq("MSG_SIZE_TOO_LARGE")
    }
    expect(produce.offset).to eq(0)
  end

  it "forgets failures that are still to come" do
    broker.inject(kind: :requests, api: :produce, code: "INVALID_MSG", times: 50)
    broker.inject(kind: :no_requests, api: :produce)
    expect(produce.offset).to eq(0)
  end

  it "closes a broker and opens it again" do
    broker.inject(kind: :broker_down, broker: 1)
    expect { produce }.to raise_error(Karafka::Errors::DeliveryFailed)
    broker.inject(kind: :broker_up, broker: 1)
    expect(produce.topic).to eq("t")
  end

  it "answers late" do
    produce
    broker.inject(kind: :round_trip, broker: 1, millis: 300)
    begun = now
    produce
    expect(now - begun).to be >= 0.3
  end

  # One that it got there, a child's end for example, would end it without a word.
  it "is out of reach of the process' signals" do
    cluster = Dir["/proc/self/task/*/comm"].find do |path|
      File.read(path) == "rdk:mock\n"
    rescue Errno::ENOENT, Errno::ESRCH
      # Another thread, which ended meanwhile.
    end
    skip "only Linux tells the signal masks of threads" unless cluster
    blocked = File.read(cluster.sub("comm", "status"))[/^SigBlk:\s*(\h+)/, 1].hex
    %w[CHLD INT TERM USR1 VTALRM].each do |signal|
      expect([signal, blocked[Signal.list.fetch(signal) - 1]]).to eq([signal, 1])
    end
    own = File.read("/proc/thread-self/status")[/^SigBlk:\s*(\h+)/, 1].hex
    expect(own[Signal.list.fetch("TERM") - 1]).to eq(0)
  end

  it "names what it cannot do" do
    expect { broker.inject(kind: :requests, api: :produce, code: "NO_SUCH", times: 1) }
      .to raise_error(Karafka::Errors::InvalidConfiguration, /NO_SUCH/)
    expect {
      broker.inject(kind: :broker_down, broker: 9)
    }.to raise_error(Karafka::Errors::InvalidConfiguration, /broker is 9/)
    expect { broker.inject(kind: :nonsense) }.to raise_error(StandardError, /nonsense/)
  end

  it "tells where a group stands, which has not to be joined for it" do
    3.times { produce(partition: 0) }
    setup_application
    seen = []
    consumer = controller(seen) { log << params.offset }
    draw { topic(:t) { controller consumer } }
    group = Karafka::App.consumer_groups.first
    ask = -> { Karafka::Native.positions(Karafka::Setup::Librdkafka.consumer(group), [["t", 0], ["t", 1]], 5) }
    expect(ask.call).to eq([{ topic: "t", partition: 0, committed: nil, low: 0, high: 3 },
                            { topic: "t", partition: 1, committed: nil, low: 0, high: 0 }])
    serving { wait_until("all") { seen.size == 3 } }
    expect(ask.call.first).to include(committed: 3, high: 3)
  end
end
