# frozen_string_literal: true

require "spec_helper"
require_relative "../fresh_app"

RSpec.describe "WaterDrop's producers" do
  include_context "with a fresh app"

  # Takes the producer's place through the public `Karafka.producer=`.
  let(:recorder) do
    Class.new do
      def sent = @sent ||= []
      def produce_sync(**fields) = sent << [:sync, fields]
      def produce_async(**fields) = sent << [:async, fields]
    end.new
  end

  before do
    WaterDrop.setup { |config| config.kafka.seed_brokers = "h:1" }
    Karafka.producer = recorder
  end

  it "sends and returns nil" do
    expect(WaterDrop::SyncProducer.call(:abc, topic: "t", key: "k", partition: 1)).to be_nil
    expect(WaterDrop::AsyncProducer.call(nil, topic: "t", create_time: Time.at(1), headers: { "a" => "b" })).to be_nil
    expect(recorder.sent).to eq [
      [:sync, { payload: "abc", timestamp: nil, topic: "t", key: "k", partition: 1 }],
      [:async, { handle: false, payload: nil, timestamp: Time.at(1), topic: "t", headers: { "a" => "b" } }]
    ]
  end

  [WaterDrop::SyncProducer, WaterDrop::AsyncProducer].each do |producer|
    it "checks and does not send through #{producer} when deliver is false" do
      WaterDrop.config.deliver = false
      expect(producer.call("x", topic: "t")).to be_nil
      expect { producer.call("x", topic: "a b") }.to raise_error(WaterDrop::Errors::InvalidMessageOptions)
      expect(recorder.sent).to eq []
    end
  end

  [
    {}, { topic: :t }, { topic: "a b" }, { topic: "t\n" }, { topic: "" }, { topic: "x" * 250 }, { topic: "t", key: "" },
    { topic: "t", key: 1 }, { topic: "t", partition: nil }, { topic: "t", partition: -1 },
    { topic: "t", partition: "1" },
    { topic: "t", partition_key: "" }, { topic: "t", create_time: "now" }, { topic: "t", headers: { "a" => 1 } },
    { topic: "t", headers: [] }, { topic: "t", async: true }, { topic: "t", payload: "x" }
  ].each do |options|
    it "refuses #{options.inspect[0, 60]}" do
      expect { WaterDrop::SyncProducer.call("x", options) }.to raise_error(WaterDrop::Errors::InvalidMessageOptions)
      expect(recorder.sent).to eq []
    end
  end

  it "names the nearest option" do
    expect { WaterDrop::SyncProducer.call("x", topic: "t", partion: 1) }
      .to raise_error(WaterDrop::Errors::InvalidMessageOptions, "unknown option :partion; did you mean partition?")
  end

  it "does not show keys, which may be personal" do
    expect { WaterDrop::SyncProducer.call("x", topic: "t", key: :secret) }
      .to raise_error(WaterDrop::Errors::InvalidMessageOptions, /\Akey is a Symbol; give a String/)
  end

  it "writes times in milliseconds" do
    options = WaterDrop::MessageOptions
    expect([options.milliseconds(Time.at(1, 234_567, :microsecond)), options.milliseconds(5)]).to eq [1234, 5]
    expect(options.string_keys(a: "b")).to eq("a" => "b")
  end
end
