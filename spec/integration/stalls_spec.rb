# frozen_string_literal: true

# Owns the proof that what is stuck is named, with where its Ruby code stands, and that what only takes long is not.
RSpec.describe "A partition that makes no progress" do
  include Asking

  let(:log) { Queue.new }
  let(:stalled) { hear("partition.stalled") }
  let(:listening) { hear("http.listening") }

  def publish(*payloads)
    @producer ||= Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    @producer.produce_many_sync(payloads.map { |payload| { topic: "t", payload: payload } })
  end

  def setup_watched(timeout = 0.3)
    broker("t" => 1)
    setup_application do |config|
      config.stall_timeout = timeout
      config.http.bind = "127.0.0.1:0"
      yield config if block_given?
    end
    [stalled, listening]
  end

  def endpoint
    listening.first&.fetch(:address)
  end

  after { @producer&.close }

  it "is named with offset, age and the line where its worker stands, again and again, and in /live" do
    lines = StringIO.new
    setup_watched { |config| config.logger = Logger.new(lines) }
    release = Queue.new
    stands = nil
    draw_topic(controller(log) do
      next log << 1 if params_batch.last.offset < 1

      stands = __LINE__ + 1
      release.pop
      log << 2
    end)
    publish("done")
    serving do
      wait_until("the first") { log.size == 1 }
      publish("stuck", "behind it")
      wait_until("it was told twice") { stalled.size > 1 }
      event = stalled.first
      expect([event[:group], event[:topic], event[:partition], event[:offset]]).to eq(["t", "t", 0, 1])
      expect(event[:lag]).to be_between(1, 2)
      expect(event[:seconds]).to be_between(0.3, 5)
      expect(event[:backtrace].first(2).join).to include("#{__FILE__}:#{stands}")
      expect(stalled[1][:seconds]).to be > event[:seconds]
      expect(lines.string)
        .to match(%r{t t/0: nothing got done for \d+ s at offset 1, \d behind; its worker is in .*:#{stands}:})
      wait_until("it shows") { get("/live").code == "503" }
      expect(problems("/live")).to match([%r{\Aspec_t: t/0: a job is stuck at offset 1 for \d+ s\z}])
      release << true
      wait_until("it gets on") { get("/live").code == "200" }
    ensure
      2.times { release << true }
    end
  end

  it "is named when it fails again and again, in /ready" do
    setup_watched
    draw_topic(controller { raise "always" })
    publish("1")
    serving do
      wait_until("it was told") { stalled.any? }
      # It may be seen while an attempt runs.
      wait_until("it is told without a worker") { stalled.any? { |event| event[:backtrace].nil? } }
      expect(stalled.map { |event| event[:offset] }.uniq).to eq([0])
      wait_until("it shows") { problems("/ready").grep(%r{\Aspec_t: t/0: no progress at offset 0 for}).any? }
    end
  end

  it "is not one that is paused, idle, or takes long and gets on" do
    setup_watched
    draw_topic(controller(log) do
      params_batch.each do |params|
        log << params.offset
        mark_as_consumed(params)
        sleep(0.1) # user code that takes its time
      end
      pause(nil)
    end)
    publish(*Array.new(10) { |number| number.to_s })
    serving do
      wait_until("it paused") { log.size == 10 }
      publish("more")
      resting = now
      wait_until("longer than the limit") { now - resting > 0.8 }
    end
    expect(stalled).to be_empty
  end

  it "is not one whose messages are gathered and marked late" do
    setup_watched { |config| config.kafka.automatically_mark_as_consumed = false }
    draw_topic(controller(log) { params_batch.each { |params| log << params.offset } })
    publish("1", "2")
    serving do
      wait_until("they are gathered") { log.size == 2 }
      gathered = now
      wait_until("longer than the limit") { now - gathered > 0.8 }
      expect(get("/ready").code).to eq("200")
    end
    expect(stalled).to be_empty
  end

  it "is not looked for when that is switched off" do
    setup_watched(nil)
    release = Queue.new
    draw_topic(controller(log) do
      log << 1
      release.pop
    end)
    publish("1")
    serving do
      wait_until("it runs") { log.size == 1 }
      held = now
      wait_until("longer than others may") { now - held > 0.6 }
    ensure
      release << true
    end
    expect(stalled).to be_empty
  end

  it "does not keep TTIN from telling where all threads are" do
    broker("t" => 1)
    server = karafka_server(<<~RUBY)
      class Waits < Karafka::BaseController
        def consume
          puts "waiting"
          $stdin.read
        end
      end
      Karafka.monitor.subscribe("process.threads_dumped") do |event|
        event[:threads].each { |it| puts [it[:name], it[:status], it[:backtrace].first(12).join(" ")].join(" | ") }
      end
      application
      routes { topic(:t) { controller Waits } }
      $stdin, $held = IO.pipe
    RUBY
    publish("1")
    server.line("waiting")
    server.signal("TTIN")
    expect(server.line(/\Akarafka-worker-\d \| .*consume/)).to include("in `consume'").or include("Waits#consume")
  end
end
