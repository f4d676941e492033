# frozen_string_literal: true

require "socket"

# Owns the proof of how long an embedded broker lives.
RSpec.describe Karafka::EmbeddedBroker do
  def listening?(servers)
    TCPSocket.open(*servers.split(":")).close
    true
  rescue Errno::ECONNREFUSED
    false
  end

  # In a process of its own, so that nothing outlives the example. Started far down the stack of another thread, where
  # no leftover of the call keeps the object alive.
  it "runs though nobody holds on to it" do
    ended = run_child(<<~RUBY)
      require "socket"
      def start(depth)
        depth.zero? ? Karafka::EmbeddedBroker.start.bootstrap_servers : start(depth - 1)
      end
      servers = Thread.new { start(30) }.value
      10.times { GC.start }
      TCPSocket.open(*servers.split(":")).close
      puts "listening"
    RUBY
    expect([ended.code, ended.out, ended.err]).to eq([0, ["listening"], ""])
  end

  it "ends when it is closed, also twice, and after its block" do
    broker = described_class.start
    expect(listening?(broker.bootstrap_servers)).to be(true)
    servers = broker.bootstrap_servers
    2.times { broker.close }
    wait_until("it has ended") { !listening?(servers) }

    servers = described_class.start(&:bootstrap_servers)
    wait_until("it has ended, too") { !listening?(servers) }
  end

  it "is collected once it is closed" do
    brokers = ObjectSpace::WeakMap.new
    Thread.new { 5.times { described_class.start.tap { |it| brokers[it] = true }.close } }.join
    wait_until("some are collected") { GC.start || brokers.size < 5 }
  end
end
