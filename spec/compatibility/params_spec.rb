# frozen_string_literal: true

# Owns the proof that what `consume` of Karafka 1.1 read from its messages can be read here, from records that came
# through a broker. Each example's block runs inside `consume`.
RSpec.describe "Messages of Karafka 1.1" do
  let(:log) { Queue.new }

  # What `consume` makes of the messages.
  # @return [Object]
  def consumed(*payloads, batch: true, key: nil, **route, &consume)
    broker("t" => 1)
    setup_application
    results = log
    consumer = controller do
      results << [instance_exec(&consume)]
    rescue StandardError => e
      results << [e]
    end
    draw do
      topic :t do
        controller consumer
        batch_consuming batch
        route.each { |word, value| public_send(word, value) }
      end
    end
    publish(payloads, key)
    result = serving { wait_until("consume") { log.size.positive? && log.pop }.first }
    result.is_a?(StandardError) ? raise(result) : result
  end

  # Together, so that they come as one batch.
  def publish(payloads, key)
    producer = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers,
                                     "linger.ms" => (payloads.size > 1 ? "300" : "0"))
    producer.produce_many_sync(payloads.map { |payload| { topic: "t", payload: payload, key: key } })
  ensure
    producer&.close
  end

  describe "params" do
    let(:payload) { '{"user":{"name":"Ann","tags":[{"id":1}]},"topic":"evil","partition":99,"value":7}' }

    it "take Strings and Symbols, at every depth" do
      read = consumed(payload, batch: false) do
        [params[:user][:name], params["user"]["name"], params[:user]["tags"][0][:id],
         params.fetch(:user).fetch("name"), params.dig(:user, :tags, 0, :id), params.key?(:user), params[:none]]
      end
      expect(read).to eq ["Ann", "Ann", 1, "Ann", 1, true, nil]
    end

    it "have the metadata as methods and as keys, and metadata wins over payload" do
      read = consumed(payload, batch: false, key: "k") do
        names = %i[topic partition offset key create_time]
        [names.map { |name| params.public_send(name) }, names.map { |name| params[name] },
         names.map { |name| params[name.to_s] }, params[:received_at], params[:parser], params[:parsed]]
      end
      expect(read[0]).to match(["t", 0, 0, "k", be_within(30).of(Time.now)])
      expect(read[1..2]).to eq [read[0], read[0]]
      expect(read[3..]).to match([be_within(30).of(Time.now), Karafka::Parsers::Json, false])
    end

    it "have the merged payload when they were retrieved; a payload key called value survives" do
      read = consumed(payload, batch: false) do
        same = params.retrieve!.equal?(params)
        [same, params[:parsed], params[:topic], params[:partition], params[:user][:name], params[:value]]
      end
      expect(read).to eq [true, true, "t", 0, "Ann", 7]
    end

    it "have the raw payload under value until then" do
      expect(consumed('{"a":1}', batch: false) { [params[:value], params[:a]] }).to eq ['{"a":1}', 1]
    end

    it "do what a Hash with indifferent access does" do
      read = consumed('{"a":1,"b":{"c":2}}', batch: false) do
        [params.slice(:a), params.except(:b).key?(:b), params.merge(d: 4)[:d], params.merge("a" => 5)[:a],
         params.select { |name, _| name == "a" }, params.transform_values(&:to_s)[:a], params.to_h["b"].class,
         params.map { |name, _| name }.first(2), { **params[:b] }, params.values_at(:a, "a"), params.delete(:a)]
      end
      expect(read).to eq [{ "a" => 1 }, false, 4, 5, { "a" => 1 }, "1", Hash, %w[a b], { "c" => 2 }, [1, 1], 1]
    end

    # What Karafka 1.1 had of ActiveSupport.
    it "change their keys as a Hash with indifferent access does" do
      read = consumed('{"a":{"b":[{"c":2}]}}', batch: false) do
        [params.symbolize_keys[:a], params[:a].deep_symbolize_keys, params[:a].stringify_keys[:b].size,
         params.reverse_merge(a: 1, z: 26).values_at(:a, "z"), params.with_indifferent_access["a"][:b].size]
      end
      expect(read).to eq [{ "b" => [{ "c" => 2 }] }, { b: [{ c: 2 }] }, 1, [{ "b" => [{ "c" => 2 }] }, 26], 1]
    end

    it "keep what user code writes into them" do
      read = consumed('{"a":{}}', batch: false) do
        params[:extra] = 1
        params["topic"] = "moved"
        params[:a][:seen] = true
        params.merge!(b: 2)
        [params[:extra], params["extra"], params[:topic], params[:a]["seen"], params[:b]]
      end
      expect(read).to eq [1, 1, "moved", true, 2]
    end

    it "raise each time when they cannot be parsed, and keep the raw payload" do
      read = consumed("[broken", batch: false) do
        errors = Array.new(2) do
          params[:a]
        rescue Karafka::Errors::ParserError => e
          e
        end
        [errors.uniq.size, errors.first.cause.class, params[:value], params.raw_payload, params[:parsed]]
      end
      expect(read).to eq [1, JSON::ParserError, "[broken", "[broken", false]
    end

    it "take payloads that 1.1 could not: arrays, scalars, tombstones" do
      read = consumed("[1,{}]", "3", nil) do
        params_batch.map { |params| [params.payload, params[:a], params[:partition]] }
      end
      expect(read).to eq [[[1, {}], nil, 0], [3, nil, 0], [nil, nil, 0]]
    end

    it "come without a payload for a tombstone" do
      expect(consumed(nil, batch: false, key: "gone") { [params.payload, params[:a], params.key, params[:value]] })
        .to eq [nil, nil, "gone", nil]
    end
  end

  describe "params_batch" do
    # Counts what it parses.
    def parser
      Class.new do
        class << self
          def parsed = @parsed ||= []

          def parse(content)
            parsed << content
            JSON.parse(content)
          end

          def generate(object) = object.to_json
        end
      end
    end

    def batch(size = 3, &consume)
      payloads = Array.new(size) { |number| { n: number }.to_json }
      consumed(*payloads, parser: parser, &consume)
    end

    it "is Enumerable, and parses what is read" do
      read = batch do
        [params_batch.each { |params| params[:n] }.to_a.size, params_batch.map { |params| params[:n] },
         params_batch.each_with_index.map { |params, index| params[:n] - index }.uniq,
         params_batch.select { |params| params[:n] == 1 }.size, params_batch.count, params_batch.first[:n],
         params_batch.class.ancestors.include?(Enumerable), topic.parser.parsed.size]
      end
      expect(read).to eq [3, [0, 1, 2], [0], 1, 3, 0, true, 3]
    end

    it "parses nothing for to_a, all for parsed" do
      read = batch do
        last = params_batch.to_a.last
        [last[:parsed], last.offset, topic.parser.parsed.size, params_batch.parsed.map { |params| params[:parsed] },
         topic.parser.parsed.size]
      end
      expect(read).to eq [false, 2, 0, [true] * 3, 3]
    end

    it "has last, size, length, [] and empty?, and each without a block, which 1.1 had not" do
      read = batch do
        [params_batch.last[:n], params_batch.size, params_batch.length, params_batch[1][:n], params_batch[-1][:n],
         params_batch.empty?, params_batch.each.next[:n]]
      end
      expect(read).to eq [2, 3, 3, 1, 2, false, 0]
    end

    it "goes on behind a message that cannot be parsed" do
      read = consumed('{"n":0}', "broken", '{"n":2}', batch: true) do
        params_batch.map do |params|
          params[:n]
        rescue Karafka::Errors::ParserError
          :broken
        end
      end
      expect(read).to eq [0, :broken, 2]
    end
  end
end
