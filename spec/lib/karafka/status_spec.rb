# frozen_string_literal: true

require "spec_helper"
require "timeout"

RSpec.describe Karafka::Status do
  let(:status) { described_class.new }

  def answers
    described_class::STATES.select { |name| status.public_send(:"#{name}?") }
  end

  it "is nothing before setup" do
    expect([status.state, answers]).to eq [nil, []]
  end

  it "goes from setup to the end" do
    seen = %i[initialize! run! stop! stopped!].map do |step|
      status.public_send(step)
      answers
    end
    # `stopped?` as in 1.1: a stop was asked for.
    expect(seen).to eq [[:initializing], [:running], %i[stopping stopped], [:stopped]]
  end

  it "keeps a stop that came before the start" do
    status.stop!
    expect([status.run!, status.stopping?]).to eq [false, true]
  end

  it "takes a second stop" do
    status.stopped!
    status.stop!
    expect(status).to be_stopped
  end

  it "can be changed inside a signal trap" do
    # Not `status`: RSpec's own lock must not be taken inside a trap.
    state = described_class.new
    old = trap("USR2") { state.stop! }
    Process.kill("USR2", Process.pid)
    Timeout.timeout(5) { Thread.pass until state.stopping? }
    expect(state).to be_stopping
  ensure
    trap("USR2", old || "DEFAULT")
  end

  # What a signal or another thread may do between any two steps of a change.
  def stop_after(question)
    trace = TracePoint.new(:return) { |point| Thread.new { status.stop! }.join if point.method_id == question }
    trace.enable(target: status.method(question)) { yield }
  end

  it "is not talked out of a stop by a change that had begun before it" do
    status.initialize!
    stop_after(:stopping?) { status.run! }
    expect(status).to be_stopping
    status.stopped!
    status.run!
    stop_after(:running?) { status.quiet! }
    expect(status).to be_stopping
  end
end
