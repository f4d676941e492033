# frozen_string_literal: true

require "spec_helper"
require_relative "../fresh_app"

RSpec.describe Karafka::BaseController do
  include_context "with a fresh app"

  # Records that can be marked, as those from Kafka can.
  let(:markable) do
    Class.new(Karafka::Params::HashRecords) do
      def marks = @marks ||= []
      def commits = @commits ||= []
      def topic = "raw_name"
      def attempt = 3

      def mark(offset)
        marks << offset
        true
      end

      def commit(timeout)
        commits << timeout
        true
      end
    end
  end
  let(:records) { markable.new([{ value: '{"n":1}', offset: 7 }, { value: '{"n":2}', offset: 8 }]) }

  def controller(batch_consuming: false, &body)
    draw(Class.new(described_class, &body)) { batch_consuming batch_consuming }.topics.first.build_controller
  end

  it "is also the BaseConsumer of later versions" do
    expect(Karafka::BaseConsumer).to be described_class
  end

  it "gives params when it consumes message by message" do
    instance = controller { def consume = params[:n] }
    instance.params_batch = records
    expect(instance.call).to eq 1
  end

  it "gives only params_batch when it consumes batches" do
    instance = controller(batch_consuming: true) { def consume = params_batch.map { |params| params[:n] } }
    instance.params_batch = records
    expect(instance.call).to eq [1, 2]
    expect { instance.send(:params) }.to raise_error(NoMethodError, /use params_batch/)
  end

  it "keeps the names of 1.1 private" do
    expect(controller).not_to respond_to(:params, :params_batch, :consumer)
  end

  it "takes Hashes, for specs" do
    instance = controller { def consume = params[:user][:name] }
    instance.params_batch = [{ "value" => '{"user":{"name":"Ann"}}' }]
    expect(instance.call).to eq "Ann"
  end

  it "works when it is made by hand after its route is drawn" do
    type = Class.new(described_class) { def consume = [topic.name, params.payload] }
    draw(type)
    instance = type.new
    instance.params_batch = [{ "value" => "1" }]
    expect(instance.call).to eq ["user_events", 1]
  end

  it "says what is missing without consume" do
    instance = controller
    instance.params_batch = records
    expect { instance.call }.to raise_error(NotImplementedError, /has no consume/)
  end

  describe "marking" do
    it "marks through the batch, and commits with an exclamation mark" do
      instance = controller { def consume = [mark_as_consumed(params_batch.last), mark_as_consumed!(params)] }
      instance.params_batch = records
      expect(instance.call).to eq [true, true]
      expect([records.marks, records.commits]).to eq [[8, 7], [described_class::COMMIT_TIMEOUT]]
    end

    it "commits with the consumer of 1.1" do
      instance = controller { def consume = consumer.mark_as_consumed(params) }
      instance.params_batch = records
      expect([instance.call, records.marks, records.commits.size]).to eq [true, [7], 1]
    end

    it "marks params of an earlier batch through that batch" do
      instance = controller { public :params_batch }
      instance.params_batch = records
      kept = instance.params_batch.last
      instance.params_batch = markable.new([{ value: "1", offset: 20 }])
      instance.mark_as_consumed(kept)
      expect(records.marks).to eq [8]
    end

    it "takes another object of the partition at hand, and no other" do
      message = Struct.new(:topic, :offset, :partition) # rubocop:disable Lint/StructNewOverride -- Kafka's own word
      instance = controller
      instance.params_batch = records
      instance.mark_as_consumed(message.new("user_events", 8, 0))
      instance.mark_as_consumed(message.new("raw_name", 9, 0))
      expect(records.marks).to eq [8, 9]
      expect { instance.mark_as_consumed(message.new("raw_name", 8, 1)) }.to raise_error(ArgumentError, %r{raw_name/1})
    end

    it "returns false for what did not come from Kafka" do
      instance = controller { def consume = [mark_as_consumed(params), mark_as_consumed!(params)] }
      instance.params_batch = [{ "value" => "1" }]
      expect(instance.call).to eq [false, false]
    end

    it "needs a batch" do
      instance = controller
      expect { instance.send(:consumer) }.to raise_error(Karafka::Errors::MissingConsumer)
      expect { instance.revoked? }.to raise_error(Karafka::Errors::MissingConsumer)
    end
  end

  it "knows attempt and revocation" do
    instance = controller { def consume = [attempt, revoked?] }
    instance.params_batch = records
    expect(instance.call).to eq [3, false]
  end

  it "calls the responder of the route with its parser" do
    responder = Class.new(Karafka::BaseResponder) do
      topic :out
      def respond(data) = respond_to(:out, data)
    end
    WaterDrop.config.deliver = false
    instance = draw(Class.new(described_class)) { responder responder }.topics.first.build_controller
    expect(instance.respond_with("a" => 1)).to eq("out" => [['{"a":1}', {}]])
  end

  it "says what to route when there is no responder" do
    expect { controller.respond_with(1) }.to raise_error(Karafka::Errors::InvalidResponderUsage, /has no responder/)
  end

  it "knows its descendants" do
    child = Class.new(described_class)
    grandchild = Class.new(child)
    expect(described_class.descendants).to include(child, grandchild)
  end

  it "leaves every name to user code but the documented ones" do
    type = Class.new(described_class) { include Karafka::Controllers::Callbacks }
    types = type.ancestors.take_while { |it| it != Object }
    ours = types.flat_map { |it| it.instance_methods(false) + it.private_instance_methods(false) }
    documented = %i[
      topic topic= consume on_assigned on_revoked on_shutdown params_batch params_batch= params consumer call process
      mark_as_consumed mark_as_consumed! pause resume seek partition revoked? attempt respond_with
    ]
    expect(ours.uniq.grep_v(/\Akarafka_/)).to match_array(documented)
  end
end
