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
