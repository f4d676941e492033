# frozen_string_literal: true

require "spec_helper"
require_relative "support/jobs"

# Owns that jobs belong to the trace in which they were enqueued, however long they wait, and what they enqueue too.
RSpec.describe "Traces of jobs" do
  let(:parents) { Array.new(3) { |number| format("00-%032x-%016x-01", number + 1, number + 1) } }

  it "go with the job, with one that waits for its time, and with what a job enqueues" do
    type = job do
      def perform(name)
        Jobs::RAN << [name, Karafka::Tracing.headers["traceparent"]]
        self.class.set(wait: 0.1).perform_later("#{name} again") unless name.end_with?("again")
      end
    end
    # Those that wait are written anew behind the others, too.
    stub_const("Karafka::Rails::ActiveJob::ScheduledConsumer::BEHIND", 0)
    stub_const("Karafka::Rails::ActiveJob::ScheduledConsumer::MOVES_PER_SECOND", 1_000.0)
    jobs_application
    Karafka::Tracing.with("traceparent" => parents[0], "tracestate" => "a=1") { type.perform_later("now") }
    Karafka::Tracing.with("traceparent" => parents[1]) { type.set(wait: 1.5).perform_later("later") }
    Karafka::Tracing.with("traceparent" => parents[2]) { type.set(wait: 0.1).perform_later("soon") }
    type.perform_later("none")
    serving { wait_until("all have run") { ran.size == 8 } }
    expect(ran.to_h).to eq(
      "now" => parents[0], "now again" => parents[0], "later" => parents[1], "later again" => parents[1],
      "soon" => parents[2], "soon again" => parents[2], "none" => nil, "none again" => nil
    )
  end
end
