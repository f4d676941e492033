# frozen_string_literal: true

require "json"
require "net/http"

# Owns the proof that threads that die, hang or are held up are named, that no job is lost by it, and how each shows in
# /live and /ready.
RSpec.describe "The watchdog" do
  let(:log) { Queue.new }
  let(:listening) { hear("http.listening") }
  let(:lines) { StringIO.new }

  def publish(*payloads)
    @producer ||= Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    @producer.produce_many_sync(payloads.map { |payload| { topic: "t", payload: payload } })
  end

  after { @producer&.close }

  def setup_watched
    broker("t" => 1)
    listening
    setup_application do |config|
      config.http.bind = "127.0.0.1:0"
      config.logger = Logger.new(lines)
      yield config if block_given?
    end
  end

  def get(path, address = nil)
    address ||= wait_until("it listens") { listening.first }[:address]
    Net::HTTP.get_response(URI("http://#{address}#{path}"))
  end

  it "names a worker that user code killed, replaces it, and has the job done again" do
    died = hear("worker.died")
    setup_watched { |config| config.concurrency = 1 }
    draw_topic(controller(log) do
      params_batch.each { |params| log << params.offset }
      Thread.current.kill if attempt == 1
    end)
    publish("1", "2")
    serving do
      wait_until("it comes again") { log.size >= 4 }
      expect(died.first).to include(worker: /\Akarafka-worker-\d\z/, group: "t", topic: "t", partition: 0, error: nil,
                                    replaced: true)
      expect(get("/live").code).to eq "200"
      expect(get("/metrics").body).to include("karafka_process_worker_deaths_total #{died.size}")
    end
    expect(Array.new(log.size) { log.pop }.tally.keys).to contain_exactly(0, 1)
    expect(lines.string).to match(%r{karafka-worker-0 was killed while it worked for t t/0, whose messages come again})
  end

  it "names a worker that was killed without a job, and what raised outside of one" do
    died = hear("worker.died")
    setup_watched { |config| config.concurrency = 1 }
    draw_topic(controller(log) { log << params_batch.size })
    worker = -> { Thread.list.find { |it| it.name == "karafka-worker-0" && it.status == "sleep" } }
    serving do
      wait_until("it waits") { worker.call }.kill
      wait_until("its death") { died.any? }
      wait_until("the next waits") { worker.call }.raise(IOError, "from outside")
      wait_until("another death") { died.size == 2 }
      publish("1")
      wait_until("work goes on") { log.size == 1 }
    end
    place = { worker: "karafka-worker-0", group: nil, topic: nil, partition: nil, replaced: true }
    expect(died).to match [{ **place, error: nil }, { **place, error: an_instance_of(IOError) }]
  end

  it "is not alive when a worker could not be replaced" do
    inbox = Karafka::Native::Inbox.new
    producers = Karafka::Native::ProducerRegistry.new
    endpoint = Karafka::Native::Endpoint.new(inbox, producers, { bind: "127.0.0.1:0" })
    expect(get("/live", endpoint.address).code).to eq "200"
    inbox.worker_died(true)
    expect(get("/live", endpoint.address).code).to eq "200"
    inbox.worker_died(false)
    live = get("/live", endpoint.address)
    expect([live.code, JSON.parse(live.body)["problems"]])
      .to eq ["503", ["1 worker threads died and could not be replaced"]]
    expect(get("/ready", endpoint.address).code).to eq "503"
  ensure
    endpoint.close(5)
    inbox.close
  end

  # One that tells of its fetchers after a second and a half.
  def watchful_server
    type = Class.new(Karafka::Server) do
      def initialize(groups)
        super
        @inbox = Karafka::Native::Inbox.new(1.5)
      end

      attr_reader :consumers
    end
    type.new(Karafka::App.consumer_groups.to_a)
  end

  it "names a fetcher that hangs, and a group that went on without this process, until both are back" do
    silent = hear("fetcher.silent")
    troubles = hear("connection.error")
    revoked = hear("partitions.revoked")
    setup_watched do |config|
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
      config.kafka.librdkafka = { "max.poll.interval.ms" => "2000" }
    end
    draw_topic(controller(log) { params_batch.each { |params| log << params.offset } })
    server = watchful_server
    running = Thread.new { server.run }
    publish("1")
    wait_until("it is at work") { log.size == 1 && get("/ready").code == "200" }
    # As a call to librdkafka that does not return would.
    server.consumers.first.hang(4)
    wait_until("it is silent") { silent.any? }
    expect(silent.first).to match(group: "t", seconds: be_between(1.5, 4))
    wait_until("it is no longer a member") { troubles.any? { |it| it[:code] == "_MAX_POLL_EXCEEDED" } }
    wait_until("its partitions are lost") { revoked.any? { |it| it[:lost] } }
    wait_until("it is back") { get("/ready").code == "200" }
    publish("2")
    wait_until("it goes on") { log.size > 1 }
    expect(get("/live").code).to eq "200"
    expect(lines.string).to match(/t: its fetcher has not come round for \d s; when that goes on, restart/)
    expect(lines.string).to match(/_MAX_POLL_EXCEEDED .*; the process was stopped or starved of processor time/)
  ensure
    Karafka::App.stop!
    running.join
  end
end
