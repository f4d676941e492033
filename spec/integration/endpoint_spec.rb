# frozen_string_literal: true

require "json"
require "socket"

# Owns the proof that a server answers questions about itself over HTTP, truly, whatever Ruby does and whoever asks.
RSpec.describe "The HTTP endpoint" do
  include Asking

  let(:log) { Queue.new }
  let(:port) { Addrinfo.tcp("127.0.0.1", 0).bind { |socket| socket.local_address.ip_port } }
  let(:endpoint) { "127.0.0.1:#{port}" }

  def setup_endpoint(**kafka)
    setup_application do |config|
      config.http.bind = "127.0.0.1:#{port}"
      kafka.each { |name, value| config.kafka.public_send(:"#{name}=", value) }
    end
  end

  def status
    JSON.parse(get("/status").body)
  end

  def partition(number = 0)
    status["groups"].flat_map { |group| group["partitions"] }.find { |it| it["partition"] == number } || {}
  end

  def publish(*payloads, **options)
    @producer ||= Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    @producer.produce_many_sync(payloads.map { |payload| { topic: "t", payload: payload, **options } })
  end

  after { @producer&.close }

  it "is off unless it is asked for" do
    broker("t" => 1)
    listening = hear("http.listening")
    setup_application
    draw_topic(controller(log) { log << 1 })
    publish("1")
    serving { wait_until("a record") { log.size == 1 } }
    expect(listening).to be_empty
  end

  it "tells of a group at work where it is, and that it is alive and ready" do
    broker("t" => 2)
    setup_endpoint
    draw_topic(controller(log) { log << params_batch.size })
    publish("one", "two", partition: 1)
    serving do
      wait_until("it is done") { partition(1)["marked"] == 2 }
      expect(%w[/live /ready].map { |path|
               [get(path).code, JSON.parse(get(path).body)["ok"]]
             }).to all(eq(["200", true]))
      expect(status).to include("pid" => Process.pid, "version" => Karafka::VERSION)
      expect(status["groups"]).to match([include("group" => "spec_t", "state" => "consuming",
                                                 "brokers" => "reachable")])
      expect(partition(1)).to include("topic" => "t", "state" => "idle", "position" => 2, "end" => 2, "lag" => 0,
                                      "attempt" => 1, "job" => nil, "rest" => nil)
      labels = '{group="spec_t",topic="t"}'
      expect(metrics).to include("karafka_consumer_records_total#{labels}" => "2",
                                 "karafka_consumer_bytes_total#{labels}" => "6",
                                 'karafka_consumer_assigned_partitions{group="spec_t"}' => "2",
                                 'karafka_consumer_end_offset{group="spec_t",partition="1",topic="t"}' => "2",
                                 'karafka_consumer_lag_records{group="spec_t",partition="1",topic="t"}' => "0")
    end
  end

  it "tells what a job is about, how old it is, and what waits behind it" do
    broker("t" => 1)
    setup_endpoint
    release = Queue.new
    draw_topic(controller(log) do
      log << params_batch.size
      release.pop
    end)
    publish("1")
    serving do
      wait_until("it runs") { log.size == 1 }
      publish("2", "3")
      wait_until("the end is known") { partition["lag"] == 3 }
      first = partition
      expect(first).to include("state" => "running", "marked" => 0, "position" => 1, "end" => 3)
      expect(first["job"]).to include("kind" => "consume", "first_offset" => 0, "last_offset" => 0)
      wait_until("it grows older") { partition["job"]["age_seconds"] > first["job"]["age_seconds"] }
      expect(status["groups"].first).to include("jobs_running" => 1, "jobs_waiting" => 0)
    ensure
      5.times { release << true }
    end
  end

  it "tells what failed, with which class, which attempt comes next and when" do
    broker("t" => 1)
    setup_endpoint(pause_timeout: 300)
    draw_topic(controller { raise KeyError, "secret words of user code" })
    publish("1")
    serving do
      wait_until("it failed") { partition["state"] == "failed" }
      expect(partition).to include("attempt" => 2, "marked" => 0, "lag" => 1, "job" => nil)
      expect(partition["rest"]).to match("reason" => "failure", "seconds_left" => be_between(200, 300))
      expect(metrics).to include('karafka_consumer_errors_total{class="KeyError",group="spec_t",topic="t"}' => "1",
                                 'karafka_consumer_jobs_total{group="spec_t",outcome="failed",topic="t"}' => "1")
      expect(%w[/live /ready /status /metrics].map { |path| get(path).body }.join).not_to include("secret")
    end
  end

  it "tells what user code paused" do
    broker("t" => 1)
    setup_endpoint
    draw_topic(controller(log) do
      pause(nil)
      log << 1
    end)
    publish("1")
    serving do
      wait_until("it rests") { partition["state"] == "paused" }
      expect(partition["rest"]).to eq("reason" => "pause", "seconds_left" => nil)
    end
  end

  it "is not ready while no broker can be reached, and again when one is back" do
    broker("t" => 1)
    setup_endpoint
    draw_topic(controller(log) { log << 1 })
    serving do
      wait_until("it is ready") { get("/ready").code == "200" }
      broker.inject(kind: :broker_down, broker: 1)
      wait_until("it notices") { get("/ready").code == "503" }
      expect(problems("/ready")).to eq(["spec_t: no broker can be reached"])
      expect(get("/live").code).to eq("200")
      broker.inject(kind: :broker_up, broker: 1)
      wait_until("it notices again") { get("/ready").code == "200" }
    end
  end

  it "is alive and not ready while it stops, and gives its port back" do
    broker("t" => 1)
    setup_endpoint
    release = Queue.new
    draw_topic(controller(log) do
      log << 1
      release.pop
    end)
    publish("1")
    serving do
      wait_until("it runs") { log.size == 1 }
      Karafka::App.stop!
      wait_until("it says so") { status.dig("groups", 0, "state") == "stopping" }
      expect([get("/live").code, get("/ready").code]).to eq(%w[200 503])
    ensure
      release << true
    end
    TCPServer.open("127.0.0.1", port, &:close)
  end

  it "answers at once while native code holds Ruby's lock for ten seconds" do
    broker("t" => 1)
    server = karafka_server(<<~RUBY, env: { "PORT" => port.to_s })
      require "fiddle"
      HOLD = Fiddle::Function.new(Fiddle::Handle::DEFAULT["usleep"], [Fiddle::TYPE_INT], Fiddle::TYPE_INT, need_gvl: true)
      class Holds < Karafka::BaseController
        def consume
          puts "holding"
          HOLD.call(10_000_000)
          puts "let go"
        end
      end
      application { |config| config.http.bind = "127.0.0.1:" + ENV.fetch("PORT") }
      routes { topic(:t) { controller Holds } }
    RUBY
    publish("1")
    server.line("holding")
    started = now
    # Answers may be a tenth of a second old.
    wait_until("its assignment is known") { get("/ready").code == "200" }
    answers = []
    while now - started < 9
      answers << %w[/live /ready /metrics /status].map do |path|
        before = now
        [get(path).code, now - before]
      end
    end
    expect(server.lines).not_to include("let go")
    expect(partition).to include("state" => "running")
    expect(partition["job"]["age_seconds"]).to be > 8
    codes, times = answers.flatten(1).transpose
    expect(codes.uniq).to eq(["200"])
    # Most of it is this process' own work; the bound is the promise.
    expect(times.sort[times.size * 99 / 100]).to be < 0.05
    server.line("let go")
    server.signal("TERM")
    expect(server.finish.code).to eq(0)
  end
end
