# frozen_string_literal: true

require_relative "../support/scribe"

# Owns the proof that single fields are what the whole payload has there, whoever reads them.
RSpec.describe "Plucked fields" do
  def consume(payloads, parser = nil, &read)
    log = Queue.new
    consumer = controller(log) { log << [params_batch.size, instance_exec(&read)] }
    broker("t" => 1)
    setup_application { |config| config.parser = parser if parser }
    draw_topic(consumer)
    Karafka.producer.produce_many_sync(payloads.map { |payload| { topic: "t", payload: payload } })
    batches = []
    serving do
      wait_until("all batches (#{batches})") do
        batches << log.pop while log.size.positive?
        batches.sum(&:first) == payloads.size
      end
    end
    batches.map(&:last)
  end

  # With what -0.0 and 0.0, and the encodings, differ in.
  def described(object)
    case object
    when Hash then object.map { |key, value| [described(key), described(value)] }
    when Array then object.map { |value| described(value) }
    when String then [object.b, object.encoding, object.frozen?]
    when Float then [:float, [object].pack("G")]
    else [object.class, object]
    end
  end

  def parsed(payload)
    [JSON.parse(payload)]
  rescue JSON::JSONError, EncodingError
    nil
  end

  it "are what the parsed payload has" do
    seed = Random.new_seed
    scribe = Scribe.new(Random.new(seed))
    values = Array.new(1_500) { scribe.payload }.select { |payload| payload.valid_encoding? && parsed(payload) }
    payloads = values.map { |value| %({"x":#{value},"a":{"b":#{value}},"n":1}) }.select { |payload| parsed(payload) }
    expect(payloads.size).to be > 500
    found = consume(payloads) { params_batch.pluck("x", %i[a b], [:a], :n) + [params_batch.map(&:payload)] }
    found.each do |xs, bs, as, ns, whole|
      wanted = [whole.map { |it| it["x"] }, whole.map { |it| it["a"]["b"] }, whole.map { |it| it["a"] }]
      expect(described([xs, bs, as])).to eq(described(wanted)), "seed #{seed}"
      expect(ns).to all(eq(1))
    end
    expect(found.sum { |columns| columns.last.size }).to eq payloads.size
  end

  it "are nil where there is none" do
    payloads = ["{}", "[1]", "7", nil, '{"a":null}', '{"a":[{"b":1}]}', '{"a":{"b":2},"a":1}', '{"a":{"b":3},"b":4}']
    found = consume(payloads) { params_batch.pluck(%w[a b]) }
    expect(found.flatten(1)).to eq [nil, nil, nil, nil, nil, nil, nil, 3]
  end

  it "take the last of a key that comes twice, and escaped keys" do
    payloads = ['{"a":1,"a":2}', '{"\u0061":3}', '{"a":"\u00e9"}']
    expect(consume(payloads) { params_batch.pluck(:a) }.flatten(1)).to eq [2, 3, "é"]
  end

  it "are read by a parser of the application's own, with its own keys" do
    words = Module.new
    words.define_singleton_method(:parse) { |content| { text: content, "n" => content.size } }
    words.define_singleton_method(:generate, &:to_s)
    found = consume(%w[one three], words) { params_batch.pluck("text", :n, "none") }
    expect(found.transpose.map { |column| column.flatten(1) }).to eq [%w[one three], [3, 5], [nil, nil]]
  end

  it "come of more fields than the core reads at once" do
    payload = JSON.generate(Array.new(80) { |number| ["f#{number}", number] }.to_h)
    found = consume([payload]) { params_batch.pluck(*Array.new(80) { |number| "f#{number}" }) }
    expect(found).to eq [Array.new(80) { |number| [number] }]
  end

  it "tell what is no field, and which payload cannot be parsed" do
    found = consume(["{"]) do
      [[], [1], [[]], [[:a, 2]], [nil], ["a"]].map do |fields|
        params_batch.pluck(*fields)
      rescue StandardError => e
        [e.class, e.message]
      end
    end
    *wrong, broken = found.first
    expect(wrong.map(&:first)).to all(be(ArgumentError))
    expect(wrong.map(&:last)).to eq(
      ["pluck was given no field; give keys, such as pluck(:id)"] +
      ["1", "[]", "[:a, 2]", "nil"].map do |shown|
        "pluck was given #{shown}; give a key, or an Array of keys that leads to a nested one"
      end
    )
    expect(broken.first).to be Karafka::Errors::ParserError
  end

  it "are of the messages that are shown" do
    batch = Karafka::Params::ParamsBatch
    records = Karafka::Params::HashRecords.new([{ "value" => '{"a":1}' }, { "value" => '{"a":2}' }, { "a" => 3 }])
    expect(batch.new(records, nil, 1, 3).pluck(:a)).to eq [2, 3]
    expect(batch.new(records, nil, 3, 3).pluck(:a, :b)).to eq [[], []]
  end
end
