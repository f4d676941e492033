# frozen_string_literal: true

# Owns the proof that responders of Karafka 1.1 do what its release notes promise, on a broker: options of topics, the
# buffer, the parser, the mapper, what happens when a part of a call fails.
RSpec.describe "Responders of Karafka 1.1" do
  let(:log) { Queue.new }

  def application(topics = { "users" => 1, "audit" => 1 }, **settings)
    broker(topics)
    setup_application { |config| settings.each { |name, value| config.public_send(:"#{name}=", value) } }
    Karafka::App.boot!
  end

  # @return [Hash{String => Array<String>}] payloads by topic
  def published(count, *topics)
    type = controller(log) { log << [topic.name, params.raw_payload] }
    draw { topics.each { |name| topic(name) { controller type } } }
    serving { wait_until("#{count} messages (#{log.size})") { log.size >= count } }
    Array.new(log.size) { log.pop }.group_by(&:first).transform_values { |list| list.map(&:last) }
  end

  def responder(parent = Karafka::BaseResponder, &body)
    Class.new(parent, &body)
  end

  let(:example) do
    stub_const("ApplicationResponder", responder)
    responder(ApplicationResponder) do
      topic :users
      topic "audit", required: false, multiple_usage: true, async: true

      def respond(user, notes)
        respond_to :users, user, partition_key: "ann", key: "k"
        notes.each { |note| respond_to "audit", note }
      end
    end
  end

  it "send by the class and by an instance, and give the buffer" do
    application
    buffer = example.call({ id: 1 }, [])
    expect(buffer).to eq("users" => [['{"id":1}', { partition_key: "ann", key: "k" }]])
    instance = example.new
    expect(instance.call({ id: 2 }, %w[a b])).to be instance.messages_buffer
    expect(instance.messages_buffer).to eq("users" => [['{"id":2}', { partition_key: "ann", key: "k" }]],
                                           "audit" => [["a", {}], ["b", {}]])
    Karafka.producer.flush(10)
    expect(published(4, :users, :audit)).to eq("users" => ['{"id":1}', '{"id":2}'], "audit" => %w[a b])
  end

  # Data => what is sent by the default parser.
  { "abc" => "abc", { a: 1 } => '{"a":1}', [2] => "[2]", nil => "null" }.each do |data, text|
    it "write #{data.inspect} as #{text}" do
      application
      type = responder do
        topic :users
        define_method(:respond) { respond_to(:users, data) }
      end
      type.call
      expect(published(1, :users)).to eq("users" => [text])
    end
  end

  it "use the parser they are made with, the route's in a controller, and the setting's by themselves" do
    parsers = %w[own route root].to_h do |name|
      [name, Module.new do
        define_singleton_method(:parse) { |text| text }
        define_singleton_method(:generate) { |object| "#{name}:#{object}" }
      end]
    end
    type = responder do
      topic :users
      def respond(data) = respond_to(:users, data)
    end
    application({ "users" => 1, "in" => 1 }, parser: parsers["root"])
    type.call(1)
    type.new(parsers["own"]).call(2)
    asks = controller(log) { log << respond_with(3) }
    draw { topic(:in) { controller(asks) && responder(type) && parser(parsers["route"]) } }
    WaterDrop::SyncProducer.call("x", topic: "in")
    serving { wait_until("the answer") { log.size == 1 } }
    expect(log.pop).to eq("users" => [["route:3", {}]])
    Karafka::App.consumer_groups.clear
    Karafka::App.status.reset!
    expect(published(3, :users)).to eq("users" => %w[root:1 own:2 route:3])
  end

  it "send under the cluster's name when a mapper has another, asynchronous topics too" do
    mapper = Module.new do
      def self.incoming(topic) = topic.delete_prefix("eu.")
      def self.outgoing(topic) = "eu.#{topic}"
    end
    application({ "eu.users" => 1, "eu.audit" => 1 }, topic_mapper: mapper)
    example.call(1, ["n"])
    Karafka.producer.flush(10)
    expect(published(2, :users, :audit)).to eq("users" => ["1"], "audit" => ["n"])
  end

  it "find themselves by the controller's name, in its namespace" do
    application
    stub_const("Shop::UsersController", controller { nil })
    stub_const("Shop::UsersResponder", example)
    draw { topic(:users) { controller Shop::UsersController } }
    expect(Karafka::App.consumer_groups.last.topics.first.responder).to be example
    expect(Shop::UsersController.new).to respond_to(:respond_with)
  end

  it "describe their topics, and share none with other classes below the same parent" do
    application
    parent = responder { topic :common }
    one = responder(parent) { topic :one, async: true }
    two = responder(parent) { topic :two, required: false, multiple_usage: true }
    expect([parent, one, two].map { |it| it.topics.keys }).to eq([%w[common], %w[common one], %w[common two]])
    expect(two.topics["two"]).to have_attributes(name: "two", required?: false, multiple_usage?: true, async?: false,
                                                 registered?: true)
    expect(responder.topics).to be_nil
  end

  describe "that break their own rules" do
    # Option, uses => the problem, nil for none.
    [
      [{}, 0, /users is required and was not used/], [{}, 1, nil], [{}, 2, /users was used 2 times/],
      [{ required: false }, 0, nil], [{ multiple_usage: true }, 2, nil], [{ required: "yes" }, 1, /required: "yes"/],
      [{ optional: true }, 1, /unknown option optional/]
    ].each do |options, uses, problem|
      it "#{problem ? "fail and send nothing" : "pass"}: #{options}, used #{uses} times" do
        application
        type = responder do
          topic :users, options
          define_method(:respond) { uses.times { |n| respond_to(:users, n) } }
        end
        if problem
          expect { type.call }.to raise_error(Karafka::Errors::InvalidResponderUsage, problem)
          WaterDrop::SyncProducer.call("marker", topic: "users")
          expect(published(1, :users)).to eq("users" => ["marker"])
        else
          expect(type.call.fetch("users", []).size).to eq(uses)
        end
      end
    end

    it "fail for a topic they did not declare, for options that do not exist, and without respond" do
      application
      undeclared = responder { def respond = respond_to(:users, 1) }
      misspelt = responder do
        topic :users
        def respond = respond_to(:users, 1, async: true)
      end
      expect { undeclared.call }.to raise_error(Karafka::Errors::InvalidResponderUsage, /users is not registered/)
      expect { misspelt.call }.to raise_error(WaterDrop::Errors::InvalidMessageOptions, /unknown option :async/)
      expect { responder.call }.to raise_error(NotImplementedError)
      expect { example.call(1) }.to raise_error(ArgumentError)
    end
  end

  it "send a call as one batch, and tell what of it was delivered when a part fails" do
    application
    type = responder do
      topic :users, multiple_usage: true
      def respond = [0, 7, 0].each_with_index { |partition, n| respond_to(:users, n.to_s, partition: partition) }
    end
    expect { type.call }.to raise_error(Karafka::Errors::DeliveryFailed) { |error|
      expect(error.delivered.map { |it| [it.topic, it.partition, it.offset] }).to eq([["users", 0, 0], ["users", 0, 1]])
      expect(error.failed.map { |it| [it.index, it.topic, it.error.code] }).to eq([[1, "users", "_UNKNOWN_PARTITION"]])
    }
    expect(published(2, :users)).to eq("users" => %w[0 2])
  end

  it "send nothing when deliver is false" do
    application
    WaterDrop.setup { |config| config.deliver = false }
    expect(example.call(1, ["n"]).keys).to eq(%w[users audit])
    WaterDrop.setup { |config| config.deliver = true }
    WaterDrop::SyncProducer.call("marker", topic: "users")
    expect(published(1, :users)).to eq("users" => ["marker"])
  end
end
