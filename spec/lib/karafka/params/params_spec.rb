# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe Karafka::Params::Params do
  include_context "with a fresh app"

  let(:topic) { draw.topics.first }

  def params(value, topic: self.topic, **fields)
    records = Karafka::Params::HashRecords.new([{ value: value, **fields }])
    Karafka::Params::ParamsBatch.new(records, topic).first
  end

  it "reads the clean way" do
    one = params('{"user":{"name":"Ann"}}', key: "k", partition: 3, offset: 7, headers: { "a" => "b" },
                                            create_time: Time.at(1, 500, :millisecond))
    expect(one).to have_attributes(
      payload: { "user" => { "name" => "Ann" } }, raw_payload: '{"user":{"name":"Ann"}}', key: "k", partition: 3,
      offset: 7, topic: "user_events", headers: { "a" => "b" }, timestamp: Time.at(1.5), create_time: Time.at(1.5)
    )
  end

  it "does nothing before it is read, and parses once" do
    count = 0
    topic.parser = Class.new do
      define_singleton_method(:parse) { |text| (count += 1) && JSON.parse(text) }
      define_singleton_method(:generate, &:to_json)
    end
    one = params('{"a":1}')
    one.offset
    one[:topic]
    expect([one.parsed?, one[:parsed], count]).to eq [false, false, 0]
    2.times { one.payload }
    expect([one[:a], one["a"], one.parsed?, one[:parsed], count]).to eq [1, 1, true, true, 1]
  end

  it "makes nothing of its own when only the payload is read" do
    one = params('{"a":1}')
    one.payload
    one[:a]
    expect(one.instance_variables).to eq []
  end

  it "can be copied, as the Hash of 1.1 could" do
    one = params('{"a":1}', key: "k", offset: 7)
    one[:b] = { "c" => 2 }
    copies = [one.dup, one.clone]
    copies.each { |copy| copy[:a] = 9 }
    expect([one[:a], *copies.map { |copy| copy[:a] }]).to eq [1, 9, 9]
    expect(copies).to all(have_attributes(class: described_class, key: "k", offset: 7, payload: be(one.payload)))
    expect(copies.map { |copy| copy[:b] }).to all(eq("c" => 2))
  end

  it "is frozen as a copy when it was, and only by clone" do
    one = params('{"a":1}').freeze
    expect([one.clone, one.dup, one.clone(freeze: false)].map(&:frozen?)).to eq [true, false, false]
    expect(one.dup.payload).to eq("a" => 1)
  end

  it "cannot be made of records that are not there" do
    batch = params('{"a":1}').batch
    [[1, 0], [0, 2], [0, 2**62]].each do |from, to|
      expect { described_class.list(batch, batch.source, false, from, to) }
        .to raise_error(IndexError, "no messages #{from} to #{to} of a batch of 1")
    end
  end

  it "gives every thread the same payload, whoever parses it first" do
    entered = Queue.new
    go_on = Queue.new
    topic.parser = Class.new do
      define_singleton_method(:parse) do |text|
        entered << true
        go_on.pop
        JSON.parse(text)
      end
      define_singleton_method(:generate, &:to_json)
    end
    one = params('{"a":1}')
    threads = Array.new(2) { Thread.new { one.payload } }
    2.times { entered.pop }
    2.times { go_on << true }
    first, second = threads.map(&:value)
    expect([first, one.payload]).to all(be(second))
  end

  describe "the Hash of 1.1" do
    let(:one) { params('{"topic":"evil","partition":99,"user":{"a":[{"b":1}]},"n":null}', partition: 3, offset: 5) }

    it "takes Strings and Symbols at every depth" do
      expect(one[:user][:a][0][:b]).to eq 1
      expect(one["user"]["a"].first["b"]).to eq 1
      expect(one.dig(:user, "a", 0, :b)).to eq 1
      expect(one.fetch(:user).fetch(:a)).to eq [{ "b" => 1 }]
    end

    it "gives the same nested object each time, so that a change stays" do
      one[:user][:seen] = true
      expect(one[:user]["seen"]).to be true
    end

    it "lets metadata win over the payload" do
      expect(one.values_at(:topic, :partition, :offset)).to eq ["user_events", 3, 5]
      expect([one[:topic], one["partition"]]).to eq ["user_events", 3]
      expect(one.payload["topic"]).to eq "evil"
    end

    it "knows its keys" do
      expect([one.key?(:user), one.key?("user"), one.key?(:offset), one.key?(:nope)]).to eq [true, true, true, false]
      expect([one[:nope], one[:n]]).to eq [nil, nil]
      expect(one.fetch(:nope, 4)).to eq 4
      expect { one.fetch(:nope) }.to raise_error(KeyError)
    end

    it "turns into plain Hashes" do
      expect(one.to_h).to include("user" => { "a" => [{ "b" => 1 }] }, "offset" => 5)
      expect([one.to_h.class, one.to_h["user"].class, one.to_hash.class]).to eq [Hash, Hash, Hash]
      expect({ "x" => 1 }.merge(one)).to include("x" => 1, "offset" => 5)
      expect({ **one }).to include("offset" => 5)
    end

    it "does what Hashes do" do
      expect(one.slice(:offset, :n)).to eq("offset" => 5, "n" => nil)
      expect(one.merge(a: 1)[:a]).to eq 1
      expect(one.map { |name, _value| name }).to include("user", "topic")
      expect(one.select { |name, _| name == "user" }[:user]).to eq("a" => [{ "b" => 1 }])
      expect(one).to respond_to(:each, :keys, :except)
      expect(one).not_to respond_to(:to_ary, :to_str)
      expect { one.no_such_thing }.to raise_error(NoMethodError)
    end

    it "takes Symbol keys of a parser of the application" do
      topic.parser = Module.new { def self.parse(_text) = { user: { name: "Ann" } } }
      expect([params("x")[:user][:name], params("x")["user"]["name"]]).to eq %w[Ann Ann]
    end

    it "has the raw payload as value, unless the payload has a value" do
      expect([params('{"a":1}')[:value], params('{"value":2}')[:value]]).to eq ['{"a":1}', 2]
    end

    it "becomes JSON" do
      expect(JSON.parse(one.to_json)).to include("user" => { "a" => [{ "b" => 1 }] }, "offset" => 5)
    end
  end

  it "takes arrays and scalars" do
    expect(params("[1,{}]").payload).to eq [1, {}]
    expect(params("3").payload).to eq 3
    expect(params("[1]")[:a]).to be_nil
    expect(params("[1]").to_h.keys).to eq Karafka::Params::Params::METADATA
  end

  it "has no payload for a tombstone" do
    one = params(nil, key: "k")
    expect([one.payload, one.raw_payload, one.tombstone?, one[:a], one[:key]]).to eq [nil, nil, true, nil, "k"]
  end

  describe "a payload that cannot be parsed" do
    let(:one) { params('{"secret":') }

    def error
      one.payload
    rescue Karafka::Errors::ParserError => e
      e
    end

    it "raises the same error each time and keeps the bytes" do
      expect(error).to be(error)
      expect { one[:secret] }.to raise_error(Karafka::Errors::ParserError)
      expect { one.retrieve! }.to raise_error(Karafka::Errors::ParserError)
      expect([one.raw_payload, one[:value], one.parsed?]).to eq ['{"secret":', '{"secret":', false]
      expect(one[:partition]).to eq 0
    end

    it "is logged once, without what is in it" do
      2.times { error }
      expect(log.string.scan("payload is not JSON").size).to eq 1
      expect(log.string).not_to include("secret")
    end
  end

  it "says where it is from, not what is in it" do
    expect(params('{"secret":1}', partition: 1, offset: 2).inspect)
      .to eq "#<Karafka::Params::Params user_events/1@2>"
  end

  it "takes Hashes that are parsed" do
    controller = Class.new(Karafka::BaseController) { def consume = [params[:a], params.payload, params[:topic]] }
    controller = draw_other(controller)
    controller.params_batch = [{ "parsed" => true, "a" => 1, "offset" => 4 }]
    expect(controller.call).to eq [1, { "a" => 1 }, "other"]
    controller.params_batch = [{ a: 2, topic: "given" }]
    expect(controller.call).to eq [2, { "a" => 2 }, "given"]
  end

  def draw_other(type)
    Karafka::App.consumer_groups.draw { topic(:other) { controller type } }
    Karafka::App.consumer_groups.last.topics.first.build_controller
  end
end
