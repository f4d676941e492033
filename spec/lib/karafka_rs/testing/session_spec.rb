# frozen_string_literal: true

require "spec_helper"
require "karafka_rs/testing"

RSpec.describe Karafka::Testing::Session do
  subject(:karafka) { described_class.new }

  let(:log) { [] }

  before do
    Karafka::App.setup do |config|
      config.client_id = "spec"
      config.logger = Logger.new(IO::NULL)
      config.kafka.seed_brokers = "h:1"
    end
    Karafka::Testing.capture!
    Karafka::Testing.clear
  end

  after { Karafka::Testing.release! }

  def route(type, batch: false, &in_topic)
    draw do
      topic(:t) do
        controller type
        batch_consuming batch
        instance_exec(&in_topic) if in_topic
      end
    end
  end

  it "gives what a message has in production" do
    route(controller(log) do
      log << [params.payload, params.key, params.headers, params.offset, params.partition, params.timestamp,
              params.topic, params[:id], topic.name, partition]
    end)
    one = karafka.controller_for(:t, partition: 3)
    karafka.produce({ id: 1 }, key: "k", headers: { a: "b" }, offset: 7, timestamp: 1_500)
    karafka.produce('{"id":2}', timestamp: Time.at(2))
    one.consume
    expect(log).to eq [[{ "id" => 1 }, "k", { "a" => "b" }, 7, 3, Time.at(1, 500, :millisecond), "t", 1, "t", 3],
                       [{ "id" => 2 }, nil, {}, 8, 3, Time.at(2), "t", 2, "t", 3]]
    expect(one.marked_offset).to eq 8
  end

  it "does what the route says: batches or single messages, parser, responder, sizes" do
    parser = Class.new do
      def self.parse(text) = text.upcase
      def self.generate(object) = "<#{object}>"
    end
    responder = Class.new(Karafka::BaseResponder) do
      topic :out
      def respond(text) = respond_to(:out, text)
    end
    type = controller(log) { log << params_batch.payloads && respond_with(params_batch.first.payload) }
    Karafka::App.config.max_messages = 2
    route(type, batch: true) do
      parser parser
      responder responder
    end
    one = karafka.consumer_for("t")
    3.times { |n| karafka.produce(n) }
    one.consume
    expect(log).to eq [%w[<0> <1>], %w[<2>]]
    expect(Karafka::Testing.produced(:out).map(&:payload)).to eq %w[<<0>> <<2>>]
  end

  it "tries again what is not marked, as the server does" do
    failing = %w[b]
    route(controller(log) do
      log << [params.payload.first, attempt]
      raise IOError, "away" if failing.delete(params.payload.first)
    end)
    one = karafka.controller_for(:t)
    %w[a b c].each { |text| karafka.produce([text]) }
    expect { one.consume }.to raise_error(IOError, "away")
    expect([one.marked_offset, one.attempt]).to eq [0, 1]
    one.consume
    expect(log).to eq [["a", 1], ["b", 1], ["b", 2], ["c", 1]]
    expect(one.marked_offset).to eq 2
  end

  it "keeps a failed batch as it was, less what was marked" do
    calls = 0
    route(controller(log) do
      log << [params_batch.map(&:offset), attempt]
      mark_as_consumed(params_batch.first) && raise(IOError) if (calls += 1) == 1
      raise IOError if calls == 2
    end, batch: true)
    one = karafka.controller_for(:t)
    2.times { karafka.produce("1") }
    expect { one.consume }.to raise_error(IOError)
    karafka.produce("1")
    expect { one.consume }.to raise_error(IOError)
    one.consume
    expect(log).to eq [[[0, 1], 1], [[1], 2], [[1], 3], [[2], 1]]
  end

  it "marks only what is marked when the route says so" do
    Karafka::App.config.kafka.automatically_mark_as_consumed = false
    route(controller(log) do
      log << mark_as_consumed(params_batch.first) << mark_as_consumed!(params_batch.to_a[1])
      log << mark_as_consumed(params_batch.first)
    end, batch: true)
    one = karafka.controller_for(:t)
    3.times { karafka.produce("1") }
    one.consume
    expect([log, one.marked_offset, one.committed_offset]).to eq [[true, true, true], 1, 1]
  end

  it "shows pauses and seeks, and goes on with the next call" do
    route(controller(log) do
      log << params.offset
      pause(60) if params.offset == 1
      seek(0) if params.offset == 2 && log.count(2) == 1
    end)
    one = karafka.controller_for(:t)
    3.times { karafka.produce("1") }
    one.consume
    expect([log, one.paused?, one.paused_for, one.marked_offset]).to eq [[0, 1], true, 60.0, 1]
    one.consume
    expect([log.drop(2), one.paused?, one.sought]).to eq [[2], false, 0]
    one.consume
    expect([log.drop(3), one.sought]).to eq [[0, 1], nil]
  end

  it "seeks to messages, times and ends" do
    targets = [->(batch) { batch.to_a[1] }, ->(_) { Time.at(2) }, ->(_) { :earliest }, ->(_) { :latest }]
    route(controller(log) do
      log << params_batch.map(&:offset)
      target = targets.shift
      seek(target.call(params_batch)) if target
    end, batch: true)
    one = karafka.controller_for(:t)
    3.times { |n| karafka.produce("1", timestamp: Time.at(n)) }
    4.times { one.consume }
    expect(log).to eq [[0, 1, 2], [1, 2], [2], [0, 1, 2]]
    expect { one.consume }.to raise_error(Karafka::Testing::Error, /nothing to consume/)
  end

  it "runs callbacks and hooks as the server does" do
    log = self.log
    route(Class.new(Karafka::BaseController) do
      include Karafka::Controllers::Callbacks
      after_fetched { (log << :fetched) && params.payload == 2 && throw(:abort) }
      before_poll { log << :before_poll }
      after_poll { log << :after_poll }
      before_stop { log << :before_stop }
      define_method(:on_assigned) { log << :assigned }
      define_method(:on_revoked) { log << :revoked }
      define_method(:on_shutdown) { log << :shutdown }
      define_method(:consume) { log << params.payload }
    end)
    one = karafka.controller_for(:t)
    karafka.produce(1) && karafka.produce(2)
    one.consume
    expect([log, one.marked_offset]).to eq [[:assigned, :fetched, 1, :fetched, :after_poll], 1]
    log.clear
    karafka.produce(3) && one.consume
    karafka.shutdown(one)
    expect(log).to eq [:before_poll, :fetched, 3, :after_poll, :before_stop, :shutdown]
    two = karafka.controller_for(:t)
    karafka.revoke(two)
    expect([log.last, two.revoked?]).to eq [:revoked, true]
    expect { two.consume }.to raise_error(Karafka::Testing::Error, /has lost its partition/)
  end

  it "raises parse errors where the payload is read, and has tombstones" do
    route(controller(log) { log << (params.tombstone? ? :tombstone : params.payload) })
    one = karafka.controller_for(:t)
    karafka.produce(nil)
    karafka.produce("{")
    expect { one.consume }.to raise_error(Karafka::Errors::ParserError)
    expect([log, one.marked_offset]).to eq [[:tombstone], 0]
  end

  it "feeds several controllers, and lets errors of any class through" do
    route(controller(log) { (log << [partition, params.payload]) && raise(SystemExit) })
    first = karafka.controller_for(:t)
    second = karafka.controller_for(:t, partition: 1)
    karafka.produce_to(first, 1)
    karafka.produce(2)
    [first, second].each { |one| expect { one.consume }.to raise_error(SystemExit) }
    expect(log).to eq [[0, 1], [1, 2]]
    expect(Karafka::App.stopping?).to be false
  end

  it "stops where the server would when the application is asked to, until the next example" do
    route(controller(log) { (log << params.payload) && consumer.stop })
    one = karafka.controller_for(:t)
    [1, 2].each { |n| karafka.produce(n) }
    one.consume
    expect([log, Karafka::App.stopping?, one.marked_offset]).to eq [[1], true, 0]
    one.consume
    expect(log).to eq [1]
    Karafka::Testing.clear
    one.consume
    expect(log).to eq [1, 2]
  end

  it "leaves the controller as it is otherwise" do
    route(controller(log) { (log << params.payload) && :result })
    one = karafka.controller_for(:t)
    one.params_batch = [{ "value" => "5" }]
    expect([one.call, one.class, log]).to eq [:result, Karafka::App.consumer_groups.first.topics.first.controller, [5]]
    karafka.produce(1)
    one = karafka.controller_for(:t).tap { karafka.produce(6) }
    expect([one.consume, log.last]).to eq [:result, 6]
  end

  describe "what it refuses" do
    before do
      type = controller { nil }
      draw do
        %i[a b].each { |name| consumer_group(name) { topic(:orders) { controller type } } }
        topic(:t) { controller type }
      end
    end

    {
      "a topic that several groups have" => [->(karafka) { karafka.controller_for(:orders) },
                                             "topic orders is in several groups (a, b); name one: " \
                                             "`controller_for(:orders, :a)`"],
      "a group without the topic" => [->(karafka) { karafka.controller_for(:orders, :c) },
                                      "group c has no topic orders; the groups that have it: a, b"],
      "a topic without a route" => [->(karafka) { karafka.controller_for(:order) },
                                    "there is no route for topic order; did you mean orders?"],
      "feeding nobody" => [->(karafka) { karafka.produce(1) },
                           "no controller was built yet; call `karafka.controller_for(:topic)` first"],
      "feeding a stranger" => [->(karafka) { karafka.produce_to(Object.new, 1) },
                               "a Object is not fed by this spec; build it with `karafka.controller_for(:topic)`"],
      "consuming nothing" => [->(karafka) { karafka.controller_for(:t).consume },
                              "the controller of topic t was given nothing to consume; " \
                              "call `karafka.produce(payload)` first"],
      "an offset that was" => [lambda { |karafka|
        karafka.controller_for(:t)
        karafka.produce(1, offset: 5)
        karafka.produce(1, offset: 5)
      }, "offset is 5; give an Integer from 6 up: Kafka counts them in the order of messages"]
    }.each do |what, (attempt, text)|
      it what do
        expect { attempt.call(karafka) }.to raise_error(Karafka::Testing::Error, text)
      end
    end

    it "what Kafka refuses" do
      karafka.controller_for(:orders, :b)
      expect { karafka.produce(1, headers: { "a" => 1 }) }.to raise_error(WaterDrop::Errors::InvalidMessageOptions)
      Karafka::App.consumer_groups.clear
      expect { karafka.controller_for(:t) }.to raise_error(Karafka::Testing::Error, /no routes at all: load karafka.rb/)
    end
  end
end
