# frozen_string_literal: true

require "spec_helper"
require_relative "../support/documented_events"

# User code of the applications below.
module EventsSpec
  # What user code does that is worth an event.
  class Works < Karafka::BaseController
    include Karafka::Controllers::Callbacks

    after_poll { raise "after the poll" }

    class << self
      attr_accessor :log
    end

    def on_assigned; end

    def on_shutdown
      raise "at the end"
    end

    def consume
      raise "once" if attempt == 1 && params.offset.zero?

      respond_with(params.payload)
      seek(1) if params.offset == 2 && !@sought
      @sought = true if params.offset == 2
    rescue Karafka::Errors::ParserError
      nil
    ensure
      self.class.log << params.offset
    end
  end

  # What goes wrong with threads, brokers and the stop.
  class Fails < Karafka::BaseController
    class << self
      attr_accessor :log, :release
    end

    def consume
      first = params_batch.first_offset
      self.class.log << first
      Thread.current.kill if first.zero? && self.class.log.size == 1
      self.class.release.pop if first == 1
    end
  end
end

# Every event that can be caused is caused, by applications at work, and its payload is what docs/events.md says: these
# keys, of these types, and no others.
RSpec.describe "docs/events.md" do
  # By the applications below. An event that is none of theirs fails the last example.
  caused = {
    work: %w[
      app.initialized app.warning app.running http.listening app.quiet app.stopping shutdown.phase app.stopped
      process.notice_signal process.threads_dumped partitions.assigning partitions.assigned partitions.revoking
      partitions.revoked partition.fetched statistics.emitted worker.started worker.retry worker.process worker.failed
      worker.hook worker.hook_failed worker.turn_failed offset.marked offsets.committed partition.sought
      controllers.process controllers.respond_with responders.respond_to error.occurred producer.produced
      producer.delivered
    ],
    trouble: %w[
      worker.died partition.stalled fetcher.silent server.forced_stop connection.error connection.log
      producer.delivery_failed producer.left_at_close
    ],
    offsets: %w[partition.reset partition.moved_back offsets.commit_failed worker.dropped]
  }

  let(:log) { Queue.new }
  let(:events) { DocumentedEvents.new }

  after { events.stop }

  def publish(topic, *payloads, **options)
    @producer ||= Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    @producer.produce_many_sync(payloads.map { |payload| { topic: topic, payload: payload, **options } })
  end

  after { @producer&.close(0) }

  # A server whose fetchers are told of after a second.
  def watchful_server
    Class.new(Karafka::Server) do
      def initialize(groups)
        super
        @inbox = Karafka::Native::Inbox.new(1)
      end

      attr_reader :consumers
    end
  end

  it "says what an application at work tells" do
    broker("t" => 1, "out" => 1)
    events
    setup_application do |config|
      config.http.bind = "127.0.0.1:0"
      config.kafka.offset_retention_time = 1
      config.kafka.offset_commit_interval = 0.1
      config.kafka.statistics_interval = 0.1
    end
    out = Class.new(Karafka::BaseResponder) do
      topic :out
      def respond(data) = respond_to(:out, data)
    end
    EventsSpec::Works.log = log
    draw do
      topic(:t) do
        controller EventsSpec::Works
        responder out
      end
    end
    publish("t", "1", "not JSON", "3")
    serving do
      # The first comes twice, and the last two once more.
      wait_until("all are done") { log.size > 5 }
      Process.kill(:TTIN, Process.pid)
      late = %w[app.quiet app.stopping app.stopped shutdown.phase worker.hook_failed partitions.revoking
                partitions.revoked]
      wait_until("all was told") { (caused[:work] - late - events.names).empty? }
      wait_until("both clients have counted") { events.of("statistics.emitted").map { |it| it[:group] }.uniq.size == 2 }
      Process.kill(:TSTP, Process.pid)
      wait_until("it is quiet") { events.names.include?("app.quiet") }
    end
    expect(caused[:work] - events.names).to eq []
    expect(events.problems).to eq []
    expect(events.of("statistics.emitted").map { |it| it[:group] }.uniq).to contain_exactly("t", "producer")
    phases = %w[fetching_stopped work_finished groups_left threads_ended producers_closed]
    expect(events.of("shutdown.phase").map { |it| it[:phase] }).to eq phases
  end

  it "says what an application in trouble tells" do
    broker("t" => 1)
    events
    EventsSpec::Fails.log = log
    EventsSpec::Fails.release = release = Queue.new
    setup_application do |config|
      config.stall_timeout = 0.2
      config.shutdown_timeout = 0.1
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
      config.kafka.librdkafka = { "max.poll.interval.ms" => "1500" }
    end
    draw_topic(EventsSpec::Fails)
    server = watchful_server.new(Karafka::App.consumer_groups.to_a)
    running = Thread.new { server.run }
    publish("t", "killed")
    wait_until("it was consumed again") { log.size == 2 }
    publish("t", "stuck")
    wait_until("it is stuck") { log.size == 3 && events.of("partition.stalled").any? { |it| it[:backtrace] } }
    server.consumers.first.hang(3)
    wait_until("its fetcher is silent") { events.names.include?("fetcher.silent") }
    wait_until("the group is without it") do
      events.of("connection.error").any? { |it| it[:code] == "_MAX_POLL_EXCEEDED" }
    end
    wait_until("it is back") { events.of("partitions.assigned").size > 1 }
    broker.inject(kind: :broker_down, broker: 1)
    producer = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers, "message.timeout.ms" => "400")
    producer.produce_async(topic: "t", payload: "lost", headers: { "a" => "1" }, handle: false)
    producer.close(0.05)
    wait_until("its failure") { events.names.include?("producer.delivery_failed") }
    wait_until("lines of librdkafka") { events.names.include?("connection.log") }
    Karafka::App.stop!
    running.join
    expect(caused[:trouble] - events.names).to eq []
    expect(events.problems).to eq []
  ensure
    9.times { release << true }
    Karafka::App.stop!
    running.join
  end

  it "says what is told of offsets that somebody else moves" do
    broker("t" => 1, "u" => 1)
    events
    setup_application do |config|
      config.concurrency = 1
      config.kafka.offset_commit_interval = 0.05
    end
    other = nil
    release = Queue.new
    marked = controller(log) { log << (other ||= params_batch.source) }
    # Meanwhile a batch of the other group waits for this, the only worker.
    marks = controller(log) do
      log << release.pop
      other.mark(1)
    end
    draw do
      topic(:t) do
        controller marked
        batch_consuming true
      end
      topic(:u) do
        controller marks
        batch_consuming true
      end
    end
    server = watchful_server.new(Karafka::App.consumer_groups.to_a)
    running = Thread.new { server.run }
    publish("t", "1")
    wait_until("its commit") { events.of("offsets.committed").any? { |it| it[:partitions].first[:offset] == 1 } }
    publish("u", "1")
    wait_until("the worker is busy") { release.num_waiting == 1 }
    broker.inject(kind: :requests, api: :offset_commit, code: "OFFSET_METADATA_TOO_LARGE", times: 1_000)
    publish("t", "2")
    wait_until("it waits") { events.of("partition.fetched").any? { |it| it[:first_offset] == 1 } }
    release << true
    wait_until("it was dropped") { events.names.include?("worker.dropped") }
    wait_until("a commit failed") { events.names.include?("offsets.commit_failed") }
    server.consumers.first.revoke([["t", 0]])
    wait_until("it went") { events.names.include?("partitions.revoked") }
    broker.inject(kind: :no_requests, api: :offset_commit)
    server.consumers.first.assign([["t", 0]])
    wait_until("it came back") { events.names.include?("partition.moved_back") }
    server.consumers.first.revoke([["t", 0]])
    wait_until("it went again") { events.of("partitions.revoked").size == 2 }
    # The broker keeps 5 MB.
    14.times { publish("t", *(["x" * 1_000] * 1_000)) }
    server.consumers.first.assign([["t", 0]])
    wait_until("it began elsewhere") { events.names.include?("partition.reset") }
    expect(caused[:offsets] - events.names).to eq []
    expect(events.problems).to eq []
  ensure
    9.times { release << true }
    Karafka::App.stop!
    running.join
  end

  it "is what `rake docs` writes" do
    current = File.read(Docs::Events::PATH) == Docs::Events.new.text
    expect(current).to be(true), "docs/events.md is stale; run `rake docs`"
  end

  it "has no event that is not caused here, or that there is not" do
    expect(caused.values.flatten).to match_array(Karafka::Instrumentation::EVENTS.keys)
  end

  it "notices keys that are too many, too few or of another type" do
    events
    Karafka.monitor.instrument("server.forced_stop", running_jobs: "2")
    Karafka.monitor.instrument("server.forced_stop", running: 2)
    expect(events.problems)
      .to eq(['server.forced_stop: running_jobs is "2"', "server.forced_stop has running, which is not documented",
              "server.forced_stop has no running_jobs"])
  end
end
