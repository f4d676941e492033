# frozen_string_literal: true

require "spec_helper"
require "timeout"

# What users hang on the monitor runs on the framework's threads, and must find them as any other thread.
RSpec.describe "Subscribers" do
  let(:log) { Queue.new }

  it "may use Timeout and start threads when a batch has failed" do
    broker("t" => 1)
    setup_application
    consumer = controller(log) { attempt == 1 ? raise("boom") : log << params.payload }
    draw { topic(:t) { controller consumer } }
    background = nil
    took = nil
    hear("worker.failed") do
      begun = now
      Timeout.timeout(5) { :quick }
      took = now - begun
      background = Thread.new { Queue.new.pop }
    end
    serving do
      WaterDrop::SyncProducer.call("1", topic: "t")
      wait_until("the second attempt") { log.size == 1 }
    end
    expect(took).to be < 1
    background.kill
    expect(background.join(5)).to be background
  end

  it "may raise what they like without silencing later events" do
    broker("t" => 1)
    setup_application
    consumer = controller(log) { log << params.payload }
    draw { topic(:t) { controller consumer } }
    revoked = hear("partitions.revoked")
    hear("partitions.assigned") { raise NotImplementedError, "not yet" }
    serving do
      WaterDrop::SyncProducer.call("1", topic: "t")
      wait_until("a message") { log.size == 1 }
    end
    expect(revoked.size).to eq(1)
  end
end

# Whatever a subscriber raises, the work it watches is done once, and the stop is clean.
RSpec.describe "Subscribers that raise" do
  let(:log) { Queue.new }
  # What no `rescue => error` sees.
  let(:odd) { Class.new(Exception) }
  let(:lines) { StringIO.new }

  def run_with_subscribers
    broker("t" => 1)
    setup_application do |config|
      config.logger = Logger.new(lines)
      config.kafka.statistics_interval = 0.1
      config.kafka.offset_commit_interval = 0.05
    end
    hooked = controller(log) do
      log << params.offset
      raise "once" if attempt == 1 && params.offset == 1
    end
    hooked.define_method(:on_assigned) { nil }
    draw { topic(:t) { controller hooked } }
    serving do
      3.times { WaterDrop::SyncProducer.call("1", topic: "t") }
      wait_until("all (#{log.size})") { log.size > 3 }
      yield
    end
    expect(@stopped_clean).to be true
    expect(Array.new(log.size) { log.pop }).to eq [0, 1, 1, 2]
  end

  it "break neither the work nor the stop, whatever its class is and whichever the event" do
    told = Queue.new
    # Those in the middle of user code may be meant for it: see the next example.
    events = Karafka::Instrumentation::EVENTS.keys.grep_v(/\A(producer|responders|controllers|offset|error)\./)
    events.each do |event|
      hear(event) do
        told << event
        raise odd, "of #{event}"
      end
    end
    run_with_subscribers { wait_until("statistics") { lines.string.include?("subscriber of statistics.emitted") } }
    names = Array.new(told.size) { told.pop }.uniq
    expect(names).to include("partitions.assigning", "partition.fetched", "worker.started", "worker.retry",
                             "worker.process", "worker.failed", "worker.hook", "offsets.committed", "shutdown.phase",
                             "statistics.emitted", "app.stopped")
    # The log has one of its own.
    expect(names.reject { |name| lines.string.include?("subscriber of #{name}") }).to eq []
  end

  it "break nothing in the middle of user code either, when it is a StandardError" do
    told = Queue.new
    %w[offset.marked controllers.process producer.produced].each do |event|
      hear(event) do
        told << event
        raise "of #{event}"
      end
    end
    run_with_subscribers { nil }
    expect(Array.new(told.size) { told.pop }.uniq)
      .to contain_exactly("offset.marked", "controllers.process", "producer.produced")
  end

  it "do not keep a Timeout around user code from its end" do
    hear("offset.marked") { sleep } # a subscriber that never returns
    broker("t" => 1)
    setup_application { |config| config.kafka.automatically_mark_as_consumed = false }
    late = odd
    draw_topic(controller(log) do
      Timeout.timeout(0.1, late) { mark_as_consumed(params_batch.last) }
    rescue late
      log << :timeout
    end)
    serving do
      WaterDrop::SyncProducer.call("1", topic: "t")
      wait_until("the timeout") { log.size == 1 }
    end
  end

  it "end the process when they call exit" do
    hear("worker.process") { exit }
    broker("t" => 1)
    setup_application
    draw_topic(controller(log) { log << params_batch.size })
    server = Thread.new { Karafka::Server.run }
    WaterDrop::SyncProducer.call("1", topic: "t")
    expect(server.join(10)&.value).to be true
  end
end
