# frozen_string_literal: true

require "spec_helper"
require_relative "../fresh_app"

RSpec.describe Karafka::BaseResponder do
  include_context "with a fresh app"

  # Takes the producer's place through the public `Karafka.producer=`.
  let(:producer) do
    Class.new do
      def sent = @sent ||= []

      def produce_many_sync(messages)
        sent << [:sync, messages]
      end

      def produce_many_async(messages, handle:)
        sent << [:async, messages, handle]
      end
    end.new
  end

  before do
    WaterDrop.setup { |config| config.kafka.seed_brokers = "h:1" }
    Karafka.producer = producer
  end

  def responder(parent = described_class, &body)
    Class.new(parent, &body)
  end

  let(:users) do
    responder do
      topic :users, multiple_usage: true
      topic :audit, required: false, async: true

      def respond(*names)
        names.each { |name| respond_to :users, { name: name }, key: name }
        respond_to :audit, names if names.size > 1
      end
    end
  end

  it "sends all messages of a call together, asynchronous topics by themselves" do
    expect(users.call("a", "b").keys).to eq %w[users audit]
    expect(producer.sent).to eq [
      [:async, [{ payload: '["a","b"]', timestamp: nil, topic: "audit" }], false],
      [:sync, [{ payload: '{"name":"a"}', timestamp: nil, topic: "users", key: "a" },
               { payload: '{"name":"b"}', timestamp: nil, topic: "users", key: "b" }]]
    ]
  end

  it "maps topics for the cluster, and finds its options under the unmapped name" do
    Karafka::App.config.topic_mapper = Module.new { def self.outgoing(topic) = "prefix.#{topic}" }
    users.call("a", "b")
    expect(producer.sent.map { |kind, list| [kind, list.first[:topic]] })
      .to eq [[:async, "prefix.audit"], [:sync, "prefix.users"]]
  end

  it "shows the buffer after a call and sends nothing twice" do
    instance = users.new
    instance.call("a")
    expect(instance.messages_buffer).to eq("users" => [['{"name":"a"}', { key: "a" }]])
    instance.call("b")
    expect(instance.messages_buffer["users"].size).to eq 1
    expect(producer.sent.map { |_kind, list| list.size }).to eq [1, 1]
  end

  it "sends nothing when deliver is false, and still checks" do
    WaterDrop.config.deliver = false
    users.call("a")
    expect(producer.sent).to eq []
    expect { users.call }.to raise_error(Karafka::Errors::InvalidResponderUsage)
  end

  it "uses the parser it gets" do
    upper = Module.new { def self.generate(data) = data.to_s.upcase }
    users.new(upper).call("a")
    expect(producer.sent.dig(0, 1, 0, :payload)).to include("NAME")
  end

  {
    "abc" => "abc", { a: 1 } => '{"a":1}', [2] => "[2]", nil => "null"
  }.each do |data, payload|
    it "writes #{data.inspect} as #{payload}" do
      type = responder do
        topic :t
        define_method(:respond) { respond_to(:t, data) }
      end
      type.call
      expect(producer.sent.dig(0, 1, 0, :payload)).to eq payload
    end
  end

  describe "usage" do
    def call(options = {}, times: 1, used: :t)
      type = responder do
        topic :t, options
        define_method(:respond) { times.times { respond_to(used, "x") } }
      end
      type.call
    end

    it "must be as declared" do
      expect { call(times: 0) }.to raise_error(Karafka::Errors::InvalidResponderUsage, /t is required and was not used/)
      expect { call(times: 2) }.to raise_error(Karafka::Errors::InvalidResponderUsage, /t was used 2 times/)
      expect { call({ required: false }, used: :u) }
        .to raise_error(Karafka::Errors::InvalidResponderUsage, /u is not registered/)
      expect { call({ required: 1 }) }.to raise_error(Karafka::Errors::InvalidResponderUsage, /required: 1/)
      expect { call({ requird: true }) }
        .to raise_error(Karafka::Errors::InvalidResponderUsage, /unknown option requird, did you mean required\?/)
      expect(producer.sent).to eq []
    end

    it "may be free where declared so" do
      expect { call({ required: false }, times: 0) }.not_to raise_error
      expect { call({ multiple_usage: true }, times: 2) }.not_to raise_error
      expect(responder { def respond = nil }.call).to eq({})
    end

    it "checks options of every message before the first is sent" do
      type = responder do
        topic :t, multiple_usage: true
        def respond
          respond_to :t, "x"
          respond_to :t, "y", async: true
        end
      end
      expect { type.call }.to raise_error(WaterDrop::Errors::InvalidMessageOptions, /unknown option :async/)
      expect(producer.sent).to eq []
    end
  end

  it "copies topics to subclasses" do
    parent = responder { topic :common }
    one = responder(parent) { topic :one }
    two = responder(parent) { topic :two }
    expect([parent, one, two].map { |type| type.topics.keys }).to eq [%w[common], %w[common one], %w[common two]]
    expect(responder.topics).to be_nil
  end

  it "describes its topics" do
    expect(users.topics["audit"].to_h)
      .to eq(name: "audit", required: false, multiple_usage: false, registered: true, async: true)
  end

  it "says what is missing without respond" do
    expect { responder.call }.to raise_error(NotImplementedError, /has no respond/)
  end
end
