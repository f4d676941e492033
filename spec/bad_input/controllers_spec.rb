# frozen_string_literal: true

# Owns the proof that a controller's marks, rests and seeks refuse what they cannot mean, that nothing moves because of
# it, and that no payload, however wrong, keeps the others from being consumed.
RSpec.describe "Bad input: controllers" do
  message = Struct.new(:topic, :partition, :offset) # rubocop:disable Lint/StructNewOverride -- Kafka's own word
  place = Class.new do
    def topic = "t"
    def partition = 0
  end
  odd = BadInput::ODD.merge("nil" => [nil, "nil"], "a String" => ["earliest", '"earliest"'],
                            "false" => [false, "false"], "another Symbol" => [:first, ":first"],
                            "a Hash" => [{ offset: 1 }, "{:offset=>1}"])
  marks = odd.merge(
    "an object without offset" => [place.new, "#<#<Class"],
    "an object with a text as offset" => [message.new("t", 0, "1"), "offset=\"1\""],
    "an object with a negative offset" => [message.new("t", 0, -1), "offset=-1"],
    "an object with an offset beyond 64 bits" => [message.new("t", 0, 2**63), "offset=9223372036854775808"],
    "an object of another partition" => [message.new("t", 9, 0), "t/9 is not the partition"],
    "an object of another topic" => [message.new("v", 0, 0), "v/0 is not the partition"],
    "a Time" => [Time.at(0).utc, "1970-01-01"]
  )
  rows = {
    mark_as_consumed: marks, mark_as_consumed!: marks, pause: odd.except("nil", "Infinity", "2**64"),
    seek: odd.merge("an offset beyond 64 bits" => [2**63, "9223372036854775808"], "a Float" => [1.0, "1.0"],
                    "an object with an offset" => [message.new("t", 0, 1), "offset=1"])
  }

  # Calls everything in one job; what each call raised comes out.
  let(:calls) do
    rows.flat_map do |name, values|
      values.map { |what, (value, _)| [[name, what], ->(it) { it.public_send(name, value) }] }
    end.to_h
  end

  # Keeps a message of topic "u", then tries every call with a batch of topic "t".
  def trying(calls, errors, log)
    raised = ->(call) { raised(&call) }
    other = nil
    controller(log) do
      next log << (other = params_batch.first) if topic.name == "u"

      calls.each { |key, call| errors[key] ||= raised.call(-> { call.call(self) }) }
      errors[:batch] = raised.call(-> { mark_as_consumed(params_batch) })
      errors[:consumer] = raised.call(-> { consumer.mark_as_consumed(nil) })
      errors[:other] = raised.call(-> { seek(other) })
      params_batch.each { |params| log << params.offset }
    end
  end

  def produce(topic, payload = "1")
    Karafka.producer.produce_sync(topic: topic, payload: payload)
  end

  def setup_topics(*names, type)
    broker(names.to_h { |name| [name, 1] })
    setup_application { |config| config.batch_consuming = true }
    draw { consumer_group(:g) { names.each { |name| topic(name) { controller type } } } }
  end

  it "refuse each in one line, and go on where they were" do
    errors = {}
    log = Queue.new
    setup_topics("t", "u", trying(calls, errors, log))
    produce("u")
    serving do
      wait_until("the other topic") { log.size == 1 }
      2.times { produce("t") }
      wait_until("both records") { log.size >= 3 }
    end
    expect(Array.new(log.size) { log.pop }.drop(1)).to eq [0, 1]
    rows.each do |name, values|
      values.each do |what, (_, shown)|
        refused(ArgumentError, shown) { raise errors.fetch([name, what]) || "#{name} took #{what}" }
      end
    end
    refused(ArgumentError, "ParamsBatch", "params_batch.last") { raise errors[:batch] }
    refused(ArgumentError, "nil cannot be marked") { raise errors[:consumer] }
    refused(ArgumentError, "a message of u/0", "give one of t/0") { raise errors[:other] }
  end

  deep = "[" * 50_000
  digits = "9" * 100_000
  broken = ["", " ", "{", "nul", "NaN", "[1,]", '{"a":1}}', "'a'", "\0", "\xFE\xFF", deep, "#{deep}#{"]" * 50_000}"]
  # Whether these are JSON is the library's business; what is not is told like the others.
  doubtful = ["{\"a\":\"\xFF\"}", '["\ud800"]', "[#{digits}]", "[1e999999]", "[-#{digits}.5]"]
  good = ['{"a":1,"a":2}', "[\"#{"x" * 500_000}\"]", "null", "5"]

  it "get no payload that is broken, and get all the others" do
    log = Queue.new
    type = controller(log) do
      params_batch.each do |params|
        params.payload
        log << [params.raw_payload, nil]
      rescue Karafka::Errors::ParserError => e
        log << [params.raw_payload, e.message]
      end
    end
    setup_topics("t", type)
    failed = hear("worker.failed")
    payloads = broken.zip(doubtful, good).flatten.compact
    payloads.each { |payload| produce("t", payload) }
    serving { wait_until("all (#{log.size}, #{failed})") { log.size == payloads.size || failed.any? } }
    expect(failed).to eq []
    seen = Array.new(log.size) { log.pop }
    expect(seen.map { |raw, _| raw.b }).to eq(payloads.map(&:b))
    texts = seen.to_h { |raw, text| [raw.b, text] }
    expect(texts.values_at(*good.map(&:b))).to all(be_nil)
    expect(texts.values_at(*broken.map(&:b))).to all(be_a(String))
    texts.compact.each do |raw, text|
      expect(text).to match(/\Apayload is not JSON \(.*, #{raw.bytesize} bytes\); check what the producer sends\z/)
    end
  end
end
