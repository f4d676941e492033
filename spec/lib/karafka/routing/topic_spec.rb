# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe Karafka::Routing::Topic do
  include_context "with a fresh app"

  let(:responder) { Class.new(Karafka::BaseResponder) }

  it "finds the responder named like the controller, in the same namespace" do
    stub_const("Vid::NewController", Class.new(Karafka::BaseController))
    stub_const("Vid::NewResponder", responder)
    expect(draw(Vid::NewController).topics.first.responder).to be responder
  end

  it "does not take a responder of another namespace" do
    stub_const("Vid::OtherController", Class.new(Karafka::BaseController))
    stub_const("OtherResponder", responder)
    expect(draw(Vid::OtherController).topics.first.responder).to be_nil
  end

  it "does not take a class without Controller in its name for its own responder" do
    stub_const("UsersConsumer", Class.new(Karafka::BaseController))
    expect(draw(UsersConsumer).topics.first.responder).to be_nil
  end

  it "keeps the topic with the instance: one class serves two topics" do
    type = Class.new(Karafka::BaseController) { def consume = topic.name }
    Karafka::App.consumer_groups.draw do
      topic(:a) { controller type }
      topic(:b) { controller type }
    end
    instances = Karafka::App.consumer_groups.flat_map(&:topics).map(&:build_controller)
    expect(instances.map(&:call)).to eq %w[a b]
  end

  it "gives the topic to a controller before its initialize" do
    type = Class.new(Karafka::BaseController) do
      attr_reader :seen

      def initialize
        super
        @seen = topic.name
      end
    end
    expect(draw(type).topics.first.build_controller.seen).to eq "user_events"
  end

  it "lists its words in to_h" do
    expect(draw.topics.first.to_h.keys).to match_array(
      %i[start_from_beginning max_bytes_per_partition backend name parser responder batch_consuming persistent id
         controller]
    )
  end
end
