# frozen_string_literal: true

require "json"
require "net/http"

# Owns the proof that producers say what they do: over HTTP where a server runs, by a call where none does. What they
# count stays for as long as the process does, so each example sends to a topic, and under a name, of its own.
RSpec.describe "Metrics of producers" do
  def producer(name, properties = {})
    servers = properties.fetch("bootstrap.servers") { broker.bootstrap_servers }
    made = Karafka::Producer.new({ **properties, "bootstrap.servers" => servers }, name)
    (@producers ||= []) << made
    made
  end

  def status(name)
    Karafka::Producer.status.find { |it| it[:producer] == name }
  end

  # Series of the text, each with its value.
  def series(text, start)
    lines = text.lines(chomp: true).grep(/\A#{start}/)
    lines.to_h { |line| line.split(/ (?=[^ ]+\z)/) }.transform_values(&:to_f)
  end

  after { @producers&.each { |made| made.close(0) } }

  it "tells what was sent to each topic, and what Kafka has of it, of closed producers too" do
    broker("kept" => 1)
    first = producer("kept")
    first.produce_sync(topic: "kept", payload: "12", key: "345", headers: { "a" => "6" })
    first.produce_async(topic: "kept", payload: "12345", handle: false)
    first.flush(10)
    first.close
    producer("kept").produce_many_sync(Array.new(10) { { topic: "kept", payload: "x" } })
    expect(status("kept")).to include(
      topics: [{ topic: "kept", records: 12, bytes: 22, delivered: 12, failed: {} }], queue_records: 0
    )
    labels = '{producer="kept",topic="kept"}'
    expect(series(Karafka::Producer.metrics, "karafka_producer_.*kept")).to include(
      "karafka_producer_records_total#{labels}" => 12, "karafka_producer_bytes_total#{labels}" => 22,
      "karafka_producer_delivered_records_total#{labels}" => 12
    )
  end

  it "tells how long deliveries took, by the oldest of those that were reported together" do
    slow = broker("slow" => 1)
    slow_producer = producer("slow")
    slow_producer.produce_sync(topic: "slow", payload: "1")
    slow.inject(kind: :round_trip, broker: 1, millis: 300)
    slow_producer.produce_sync(topic: "slow", payload: "2")
    times = series(Karafka::Producer.metrics, "karafka_producer_delivery_seconds.*slow")
    expect(times['karafka_producer_delivery_seconds_count{producer="slow"}']).to eq(2)
    expect(times['karafka_producer_delivery_seconds_sum{producer="slow"}']).to be_between(0.3, 20)
  end

  it "tells what was refused and what failed by code, and which errors the client met" do
    nowhere = producer("failing", "bootstrap.servers" => "127.0.0.1:1", "message.timeout.ms" => "100")
    3.times { nowhere.produce_async(topic: "gone", payload: "x", handle: false) }
    wait_until("they failed") { status("failing")[:topics].first[:failed] == { "_MSG_TIMED_OUT" => 3 } }
    expect(status("failing")[:errors].keys).to include("_TRANSPORT")
    large = { topic: "gone", payload: "x" * 2_000_000 }
    expect { nowhere.produce_sync(**large) }.to raise_error(Karafka::Errors::DeliveryFailed)
    expect { nowhere.produce_many_async([large, large]) }.to raise_error(Karafka::Errors::DeliveryFailed)
    expect(status("failing")).to include(refused: { "MSG_SIZE_TOO_LARGE" => 3 })
    text = Karafka::Producer.metrics
    expect(series(text, "karafka_producer_(failed|refused).*failing")).to eq(
      'karafka_producer_failed_records_total{code="_MSG_TIMED_OUT",producer="failing",topic="gone"}' => 3,
      'karafka_producer_refused_records_total{code="MSG_SIZE_TOO_LARGE",producer="failing"}' => 3
    )
    expect(series(text, "karafka_producer_errors_total.*failing").values.sum).to be_positive
  end

  it "tells how full the queue is, and that somebody waits for room" do
    full = producer("full", "bootstrap.servers" => "127.0.0.1:1", "queue.buffering.max.messages" => "4")
    3.times { full.produce_async(topic: "full", payload: "x", handle: false) }
    expect(status("full")).to include(open: 1, queue_records: 3, queue_limit_records: 4, queue_filled_ratio: 0.75)
    full.produce_async(topic: "full", payload: "x", handle: false)
    waiting = Thread.new { full.produce_async(topic: "full", payload: "x", handle: false) }
    wait = 'karafka_producer_room_wait_seconds_total{producer="full"}'
    wait_until("it waits") { series(Karafka::Producer.metrics, "karafka_producer_room").fetch(wait).positive? }
    waiting.kill.join
    expect(series(Karafka::Producer.metrics, "karafka_producer_queue_filled").values).to include(1)
    full.close(0)
    wait_until("it has ended") { status("full")[:open].zero? }
    gauges = series(Karafka::Producer.metrics, "karafka_producer_.*full")
    expect(gauges.keys.grep(/queue|untold|fatal/)).to be_empty
    expect(gauges).to include("karafka_producer_records_total{producer=\"full\",topic=\"full\"}" => 4)
  end

  it "counts failures that a subscriber has not been told yet" do
    release = Queue.new
    hear("producer.delivery_failed") { release.pop }
    nowhere = producer("untold", "bootstrap.servers" => "127.0.0.1:1", "message.timeout.ms" => "100")
    4.times { nowhere.produce_async(topic: "untold", payload: "x", handle: false) }
    wait_until("they failed") { status("untold")[:topics].first[:failed] == { "_MSG_TIMED_OUT" => 4 } }
    # One is being told; the client's own trouble may come among them.
    expect(status("untold")[:untold_failures]).to be >= 3
    release.close
    wait_until("all are told") { status("untold")[:untold_failures].zero? }
  ensure
    release.close
  end

  it "is in the answers of a server, whenever the producer was made" do
    broker("t" => 1, "before" => 1, "after" => 1)
    early = producer("early")
    early.produce_sync(topic: "before", payload: "x")
    listening = hear("http.listening")
    setup_application { |config| config.http.bind = "127.0.0.1:0" }
    draw_topic(controller([]) { nil })
    serving do
      wait_until("it listens") { listening.any? }
      producer("late").produce_sync(topic: "after", payload: "x")
      Karafka.producer.produce_sync(topic: "after", payload: "x")
      get = ->(path) { Net::HTTP.get(URI("http://#{listening.first[:address]}#{path}")) }
      answers = JSON.parse(get.call("/status"))["producers"].to_h { |it| [it["producer"], it] }
      expect(answers["early"]).to include("open" => 1, "topics" => [include("topic" => "before", "delivered" => 1)])
      expect(answers["late"]["topics"]).to eq(
        [{ "topic" => "after", "records" => 1, "bytes" => 1, "delivered" => 1, "failed" => {} }]
      )
      expect(answers["default"]).to include("open" => 1, "queue_limit_records" => 100_000, "fatal" => [])
      expect(get.call("/metrics")).to include('karafka_producer_queue_limit_records{producer="default"} 100000',
                                              'karafka_producer_records_total{producer="late",topic="after"} 1')
    end
  end

  it "begins anew in a forked child, which does not touch its parent's" do
    script = <<~RUBY
      def show(who)
        puts who + " " + Karafka::Producer.status.map { |it| [it[:producer], it[:open], it[:topics].sum { |t| t[:records] }] }.inspect
      end
      properties = { "bootstrap.servers" => ENV.fetch("BROKERS") }
      2.times { Karafka::Producer.new(properties, "of_the_parent").produce_sync(topic: "t", payload: "x") }
      child = fork do
        show("child")
        Karafka::Producer.new(properties, "of_the_child").produce_sync(topic: "t", payload: "x")
        show("child")
      end
      Process.wait(child)
      show("parent")
    RUBY
    broker("t" => 1)
    ended = run_child(script)
    expect(ended.out).to eq(["child []", 'child [["of_the_child", 1, 1]]', 'parent [["of_the_parent", 2, 2]]'])
  end

  BadInput::ODD.merge("an empty String" => ["", '""'], "a blank" => ["a b", '"a b"']).each do |what, (name, shown)|
    it "refuse #{what} as a name" do
      refused(Karafka::Errors::InvalidConfiguration, "the producer's name is #{shown}") do
        Karafka::Producer.new({ "bootstrap.servers" => "127.0.0.1:1" }, name)
      end
    end
  end
end
