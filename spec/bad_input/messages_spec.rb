# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that no wrong message gets past the producers: each is refused before anything is sent, in one line
# that names what is wrong and the cure, and shows neither keys nor payloads.
RSpec.describe "Bad input: messages" do
  include_context "with a fresh app"

  # Nothing is sent: whatever reaches it fails the example.
  let(:refusing) do
    Object.new.tap { |it| it.define_singleton_method(:produce_sync) { |**fields| raise "sent #{fields}" } }
  end
  let(:invalid) { WaterDrop::Errors::InvalidMessageOptions }
  # Never connected: what is wrong must be known without a broker.
  let(:producer) { Karafka::Producer.new("bootstrap.servers" => "127.0.0.1:1") }

  after { producer.close(0) }

  # Every way to send one message.
  def ways
    {
      "produce_sync" => ->(it) { producer.produce_sync(topic: "t", payload: "x", **it) },
      "produce_async" => ->(it) { producer.produce_async(topic: "t", payload: "x", **it) },
      "produce_many_sync" => ->(it) { producer.produce_many_sync([{ topic: "t", payload: "x", **it }]) },
      "produce_many_async" => ->(it) { producer.produce_many_async([{ topic: "t", payload: "x", **it }]) },
      "SyncProducer.call" => ->(it) { WaterDrop::SyncProducer.call("x", { topic: "t", **it }) },
      "AsyncProducer.call" => ->(it) { WaterDrop::AsyncProducer.call("x", { topic: "t", **it }) }
    }
  end

  def refuse(message, *parts)
    Karafka.producer = refusing
    chosen = message.key?(:payload) ? ways.except("SyncProducer.call", "AsyncProducer.call") : ways
    chosen.each_value { |way| refused(invalid, *parts) { way.call(message) } }
    expect(producer.queue_size).to eq 0
  end

  long = "n" * 250
  odd = BadInput::ODD.transform_values(&:first)
  texts = BadInput::TEXTS.transform_values(&:first)

  {
    topic: odd.merge(texts, "nil" => nil, "a Symbol" => :t, "an empty name" => "", "a space" => " ", "." => ".",
                            ".." => "..", "250 letters" => long, "a newline" => "t\n", "another alphabet" => "ż",
                            "false" => false, "a slash" => "a/b", "a Hash" => { topic: "t" }),
    payload: odd.merge("a Symbol" => :x, "a Hash" => { a: 1 }, "false" => false, "an Integer" => 5),
    key: odd.merge("a Symbol" => :k, "an empty key" => "", "false" => false, "an Integer" => 5, "a Hash" => { a: 1 }),
    partition_key: odd.merge("a Symbol" => :k, "an empty key" => "", "false" => false, "an Integer" => 5),
    partition: odd.merge("a String" => "1", "a Float" => 1.0, "false" => false, "2**31" => 2**31, "true" => true),
    headers: odd.merge("a String" => "a=b", "pairs" => [%w[a b]], "false" => false, "a number" => 5,
                       "a Symbol" => :a),
    timestamp: odd.merge("a String" => "2020-01-01", "a Float" => 1.5, "false" => false, "before 1970" => Time.at(-1),
                         "beyond 64 bits" => 2**63, "a Time beyond 64 bits" => Time.at(2**62), "true" => true)
  }.each do |name, values|
    values.each do |what, value|
      it("are refused with #{what} as #{name}") { refuse({ name => value }, name == :headers ? "header" : name.to_s) }
    end
  end

  {
    "a number as a name" => [{ 1 => "x" }, "header name 1 is a Integer"],
    "nil as a name" => [{ nil => "x" }, "header name nil is a NilClass"],
    "an Array as a name" => [{ ["a"] => "x" }, 'header name ["a"] is a Array'],
    "a NUL byte in a name" => [{ "a\0" => "x" }, 'header name "a\u0000" cannot be sent'],
    "broken bytes in a name" => [{ "\xFF" => "x" }, 'header name "\xFF" cannot be sent'],
    "a name as String and as Symbol" => [{ "a" => "1", a: "2" }, 'the same name as String and as Symbol: ["a", :a]'],
    "a number as a value" => [{ "a" => 1 }, 'header "a" is a Integer'],
    "a Symbol as a value" => [{ a: :b }, "header :a is a Symbol"],
    "an Array as a value" => [{ "a" => %w[x y] }, 'header "a" is a Array'],
    "an object that raises as a value" => [{ "a" => BadInput::Refusing.new }, "is a BadInput::Refusing"],
    "a BasicObject as a value" => [{ "a" => BadInput::Blank.new }, "is a BadInput::Blank"],
    "false as a value" => [{ "a" => false }, "is a FalseClass"]
  }.each do |what, (headers, shown)|
    it("are refused with #{what} of headers") { refuse({ headers: headers }, shown) }
  end

  {
    { partion: 1 } => ["unknown option :partion", "did you mean partition?"],
    { async: true } => ["unknown option :async", "known names"],
    { headrs: {} } => ["unknown option :headrs", "did you mean headers?"]
  }.each do |option, shown|
    it "are refused with the option #{option}" do
      Karafka.producer = refusing
      # The others are keywords, which Ruby checks.
      ways.except("produce_sync", "produce_async").each_value { |way| refused(invalid, *shown) { way.call(option) } }
    end
  end

  {
    nil => "options are a NilClass", 5 => "options are a Integer", "t" => "options are a String",
    [:topic, "t"] => "options are a Array", {} => "topic is nil", { "topic" => "t" } => "write `topic:`",
    { topic: "t", partition: nil } => "partition is nil", { topic: "t", payload: "x" } => "unknown option :payload",
    { topic: "t", create_time: "now" } => 'timestamp is "now"',
    { topic: "t", create_time: false } => "timestamp is false",
    { topic: "t", BadInput::Refusing.new => 1 } => "unknown option #<BadInput::Refusing>",
    { topic: "t", nil => 1 } => "unknown option nil", { topic: "t", 5 => 1 } => "unknown option 5"
  }.each do |options, shown|
    it "are refused by WaterDrop with the options #{BadInput.label(options)}, also when nothing is delivered" do
      Karafka.producer = refusing
      [true, false].each do |deliver|
        WaterDrop.config.deliver = deliver
        refused(invalid, shown) { WaterDrop::SyncProducer.call("x", options) }
        refused(invalid, shown) { WaterDrop::AsyncProducer.call("x", options) }
      end
    end
  end

  {
    "a BasicObject" => [BadInput::Blank.new, "message is a BadInput::Blank whose to_s raised NoMethodError"],
    "an object whose to_s raises" => [BadInput::Refusing.new, "whose to_s raised RuntimeError"],
    "an object whose to_s gives nil" => [Class.new { def to_s = nil }.new, "whose to_s gave no String"]
  }.each do |what, (message, shown)|
    it "are refused by WaterDrop when they are #{what}" do
      Karafka.producer = refusing
      refused(invalid, shown) { WaterDrop::SyncProducer.call(message, topic: "t") }
      refused(invalid, shown) { WaterDrop::AsyncProducer.call(message, topic: "t") }
    end
  end

  [nil, 5, "x", {}, [nil], [5], [[]], [{}], BadInput::Blank.new, [BadInput::Blank.new], [{ topic: "t" }, { topic: :t }],
   [{ "topic" => "t" }], BadInput::RECURSIVE].each do |messages|
    it "are refused as the list #{BadInput.label(messages)}, and none of it is sent" do
      refused(invalid) { producer.produce_many_sync(messages) }
      refused(invalid) { producer.produce_many_async(messages) }
      expect(producer.queue_size).to eq 0
    end
  end

  it "are refused when Ruby knows a keyword is missing or unknown" do
    expect { producer.produce_sync(topic: "t") }.to raise_error(ArgumentError, /missing keyword: :payload/)
    expect { producer.produce_sync(topic: "t", payload: "x", keey: 1) }.to raise_error(ArgumentError, /keyword: :keey/)
  end

  it "do not show keys and payloads in errors" do
    [{ key: { geheim: 1 } }, { payload: [:geheim] }, { headers: { "a" => [:geheim] } }, { partition_key: :geheim }]
      .each { |message| expect(raised { ways["produce_sync"].call(message) }.message).not_to include("geheim") }
  end
end
