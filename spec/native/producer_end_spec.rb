# frozen_string_literal: true

require "socket"

# Owns the proof that who reads what a producer tells is let go when everything was told, not when the client has ended:
# another call may keep it for as long as the cluster does not answer.
RSpec.describe "The end of what a producer tells" do
  # Accepts and never answers: a look-up of partitions waits there for 10 seconds.
  let(:silent) { TCPServer.new("127.0.0.1", 0) }
  let(:properties) { { "bootstrap.servers" => "127.0.0.1:#{silent.addr[1]}" } }

  after { silent.close }

  # A call that has the client look the partitions of a topic up.
  def looking_up(native)
    before = lookups
    thread = Thread.new { native.produce("t", "x", nil, nil, "key", nil, nil, false) }
    wait_until("it looks up") { (lookups - before).any? }
    thread
  end

  # Those of other examples may still be there.
  def lookups
    Dir["/proc/self/task/*/comm"].select do |path|
      File.read(path).chomp == "krs-metadata"
    rescue SystemCallError
      false
    end
  end

  it "comes with the close, though another call still waits for the cluster" do
    native = Karafka::Native::Producer.new(properties)
    native.produce("t", "told", nil, 0, nil, nil, nil, false)
    lookup = looking_up(native)
    told = []
    reader = Thread.new do
      while (notice = native.next_notice(nil))
        told << notice[:payload]
      end
    end
    expect(native.close(0)).to eq(1)
    reader.join
    expect(lookup).to be_alive
    expect(told.compact).to eq(["told"])
  ensure
    lookup&.kill&.join
  end

  it "does not keep Producer#close, nor the thread that tells" do
    producer = Karafka::Producer.new(properties)
    producer.produce_async(topic: "t", payload: "x", handle: false)
    lookup = looking_up(producer.instance_variable_get(:@native))
    failed = hear("producer.delivery_failed")
    expect(producer.close(0)).to eq(1)
    expect(lookup).to be_alive
    expect(failed.map { |event| event[:code] }).to eq(["_PURGE_QUEUE"])
    wait_until("its thread has ended") { Thread.list.none? { |it| it.name == "karafka-delivery-failures" } }
    expect(lookup).to be_alive
  ensure
    lookup&.kill&.join
  end
end
