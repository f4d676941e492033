# frozen_string_literal: true

require_relative "../support/scribe"

# Owns the proof that JSON payloads are what Ruby's own parser makes of them, whoever parses them: values, errors,
# oddities. Payloads are random, from a seed that a failure prints.
RSpec.describe "JSON payloads" do
  # Values alone do not tell -0.0 from 0.0, nor encodings.
  def described(object)
    case object
    when Hash then object.map { |key, value| [described(key), key.frozen?, described(value)] }
    when Array then object.map { |value| described(value) }
    when String then [object.b, object.encoding, object.frozen?]
    when Float then [:float, [object].pack("G")]
    else [object.class, object]
    end
  end

  def outcome
    described(yield)
  rescue StandardError => e
    [e.class, e.message, e.cause&.class]
  end

  def consume(payloads, parser = nil)
    log = Queue.new
    consumer = controller(log) { params_batch.each { |params| log << outcome_of(params) } }
    reader = method(:outcome)
    consumer.define_method(:outcome_of) { |params| reader.call { params.payload } }
    broker("t" => 1)
    setup_application { |config| config.parser = parser if parser }
    draw_topic(consumer)
    Karafka.producer.produce_many_sync(payloads.map { |payload| { topic: "t", payload: payload } })
    serving { wait_until("all (#{log.size})") { log.size == payloads.size } }
    Array.new(log.size) { log.pop }
  end

  it "are what Ruby's parser makes of them, whatever they are" do
    seed = Random.new_seed
    scribe = Scribe.new(Random.new(seed))
    payloads = Scribe::ODD + Array.new(4_000) { scribe.payload }
    ours = consume(payloads)
    payloads.zip(ours) do |payload, outcome|
      expected = outcome { Karafka::Parsers::Json.parse(payload.dup.force_encoding("UTF-8")) }
      expect(outcome).to eq(expected), "seed #{seed}: #{payload.inspect} gave\n#{outcome}\ninstead of\n#{expected}"
    end
    plain = ours.count { |outcome| !(outcome.is_a?(Array) && outcome[0].is_a?(Class) && outcome[0] <= StandardError) }
    expect(plain).to be_between(2_000, 4_000)
  end

  it "may be read again, in any order, and each time is the same object" do
    log = Queue.new
    consumer = controller(log) do
      read = params_batch.to_a.reverse.map(&:payload)
      log << [read, params_batch.map(&:payload).reverse.zip(read).all? { |one, other| one.equal?(other) }]
    end
    broker("t" => 1)
    setup_application
    draw_topic(consumer)
    Karafka.producer.produce_many_sync(Array.new(3) { |it|
                                         { topic: "t", payload: { n: it, a: "x" * 200_000 }.to_json }
                                       })
    seen = serving { log.pop }
    expect(seen[0].map { |payload| payload["n"] }).to eq([2, 1, 0])
    expect(seen[1]).to be(true)
  end

  it "of a parser of the user's own are parsed by it alone" do
    parser = Class.new do
      def self.parse(text) = "mine: #{text}"
      def self.generate(object) = object
    end
    expect(consume(["1"], parser)).to eq([described(+"mine: 1")])
  end
end
