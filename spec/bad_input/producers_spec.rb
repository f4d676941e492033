# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that producers refuse wrong properties, times and stand-ins, and that Kafka's own refusals name topic
# and cure.
RSpec.describe "Bad input: producers" do
  include_context "with a fresh app"

  let(:invalid) { Karafka::Errors::InvalidConfiguration }

  [
    [nil, "are nil"], [5, "are 5"], ["linger.ms=1", '"linger.ms=1"'], [[%w[linger.ms 1]], '[["linger.ms", "1"]]'],
    [BadInput::Blank.new, "#<BadInput::Blank>"], [{ "no.such" => 1 }, "no.such"], [{ "linger.ms" => "x" }, "linger.ms"],
    [{ "linger.ms" => "1\0" }, '"1\u0000"'], [{ "linger.ms" => [] }, "[]"], [{ "a\0" => 1 }, '"a\u0000"'],
    [{ "\xFF" => 1 }, '"\xFF"'], [{ "linger.ms" => BadInput::Blank.new }, "#<BadInput::Blank>"],
    [{ "sasl.password" => ["geheim"] }, "[hidden]"], [{ ["a"] => 1 }, '["a"]']
  ].each do |properties, shown|
    it "refuse the properties #{BadInput.label(properties)}" do
      error = refused(invalid, shown, cure: /; \S|: \S/) { Karafka::Producer.new(properties) }
      expect(error.message).not_to include("geheim")
    end
  end

  times = BadInput::ODD.except("Infinity", "2**64").merge("a String" => ["5", '"5"'], "false" => [false, "false"])
  times.each do |what, (time, shown)|
    it "refuse #{what} as a time to flush and to close, and stay open" do
      producer = Karafka::Producer.new("bootstrap.servers" => "127.0.0.1:1")
      refused(ArgumentError, "timeout is #{shown}") { producer.flush(time) }
      refused(ArgumentError, "timeout is #{shown}") { producer.close(time) }
      expect(producer).not_to be_closed
      producer.close(0)
    end
  end

  BadInput::ODD.each do |what, (value, shown)|
    it("are not replaced by #{what}") { refused(ArgumentError, "producer is #{shown}") { Karafka.producer = value } }

    it "do not log to #{what}" do
      refused(WaterDrop::Errors::InvalidConfiguration, "logger is #{shown}") { WaterDrop.logger = value }
      expect(WaterDrop.logger).to be WaterDrop.config.logger
    end
  end

  it "tell topic and cure of what only Kafka can refuse" do
    brokers = broker("t" => 2).bootstrap_servers
    WaterDrop.setup { |config| config.kafka.seed_brokers = brokers }
    {
      { partition: 99 } => "give a partition that the topic has",
      { payload: "x" * 2_000_000 } => "it has 2000000 bytes: make it smaller"
    }.each do |message, cure|
      refused(Karafka::Errors::DeliveryFailed, '"t"', cure: /#{cure}/) do
        Karafka.producer.produce_sync(topic: "t", payload: "x", **message)
      end
    end
  end
end
