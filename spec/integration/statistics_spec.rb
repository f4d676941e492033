# frozen_string_literal: true

# Owns the proof that what librdkafka counts reaches who wants it: cut to what this process holds, made of nothing and
# for nobody before it is asked for, and never piled up.
RSpec.describe "Statistics of clients" do
  let(:log) { Queue.new }
  # Reports as they come.
  let(:reports) { hear("statistics.emitted") }

  def setup_counting(interval = 0.1)
    broker("t" => 2, "other" => 1)
    setup_application { |config| config.kafka.statistics_interval = interval }
    draw_topic(controller(log) { log << 1 })
  end

  def of(group)
    reports.filter_map { |it| it[:statistics] if it[:group] == group }
  end

  def properties
    Karafka::Setup::Librdkafka.consumer(Karafka::App.consumer_groups.to_a.first)
  end

  it "are of the partitions that the group holds, and of all brokers" do
    reports
    setup_counting
    serving do
      read = wait_until("it holds its partitions") do
        of("t").map(&:to_h).find { |it| it.dig("topics", "t", "partitions")&.size == 2 }
      end
      expect(read["topics"].keys).to eq ["t"]
      expect(read["topics"]["t"]["partitions"].keys).to contain_exactly("0", "1")
      expect(read["brokers"].values.map { |it| it["rtt"]["avg"] }).to all(be_an(Integer))
      toppars = read["brokers"].values.flat_map { |it| it["toppars"].values }
      expect(toppars.map { |it| it["topic"] }.uniq - ["t"]).to eq []
    end
  end

  it "are of everything that a producer sends to" do
    reports
    setup_counting
    WaterDrop::SyncProducer.call("1", topic: "other")
    read = wait_until("its message") do
      of("producer").find { |it| it.dig("topics", "other", "partitions", "0", "txmsgs") == 1 }
    end
    expect(read.inspect).to eq "#<Karafka::Instrumentation::Statistics>"
    expect(read.to_h).to be(read.to_h)
  end

  it "are off unless an interval is set" do
    reports
    setup_counting(nil)
    serving do
      WaterDrop::SyncProducer.call("1", topic: "t")
      wait_until("a message") { log.size == 1 }
    end
    expect(reports).to be_empty
    expect(properties).not_to include("statistics.interval.ms")
  end

  it "begin when somebody subscribes, and end with the last who did" do
    inbox = Karafka::Native::Inbox.new
    setup_counting
    consumer = Karafka::Native::Consumer.new(inbox, group: 0, properties: properties, max_messages: 1, max_bytes: 1,
                                                    ready_limit: 1, topics: [{ name: "t", start: "earliest" }])
    all = []
    came = lambda do
      while (event = inbox.next_event(0.05))
        all << event[:type]
      end
      all.count("statistics")
    end
    wait_until("it is assigned") { came.call.zero? && all.include?("assigned") }
    asked = now
    wait_until("several intervals") { came.call && now - asked > 0.5 }
    expect(came.call).to eq 0
    heard = ->(_) { nil }
    Karafka.monitor.subscribe("statistics.emitted", &heard)
    wait_until("a report") { came.call.positive? }
    Karafka.monitor.unsubscribe(heard)
    came.call
    before = all.size
    asked = now
    wait_until("several intervals again") { came.call && now - asked > 0.5 }
    expect(all.size).to eq before
  ensure
    consumer.close(10)
    inbox.close
  end

  it "that nobody had time for give way to newer ones" do
    held = Queue.new
    slow = hear("statistics.emitted") { held.pop }
    told = -> { slow.filter_map { |it| it[:statistics] if it[:group] == "t" } }
    setup_counting
    serving do
      wait_until("the first") { told.call.any? }
      waited = now
      wait_until("many intervals") { now - waited > 1 }
      5.times { held << true }
      wait_until("the next") { told.call.size > 1 }
      first, second = told.call.first(2).map { |it| it["ts"] }
      expect(second - first).to be > 500_000
    ensure
      100.times { held << true }
    end
  end
end
