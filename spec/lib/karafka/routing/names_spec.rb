# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe "Names of groups and topics" do
  include_context "with a fresh app"

  # client_id, group, id in Kafka
  [
    %w[example_app events example_app_events],
    %w[ExampleApp g example_app_g],
    %w[my-app My-Group my_app_My-Group],
    %w[HTTPServerV2 g http_server_v2_g],
    %w[MyApp2Web g my_app2_web_g],
    %w[ABc1DEf g a_bc1_d_ef_g],
    %w[already_fine.X g already_fine.x_g]
  ].each do |client_id, group, id|
    it "makes #{id} of #{client_id} and #{group}" do
      Karafka::App.config.client_id = client_id
      expect(Karafka::Routing::ConsumerMapper.call(group)).to eq id
    end
  end

  it "takes a consumer mapper of the application" do
    Karafka::App.config.consumer_mapper = ->(name) { "mine.#{name}" }
    expect(draw.id).to eq "mine.events"
  end

  it "maps topics on the way in and out" do
    Karafka::App.config.topic_mapper = Module.new do
      def self.incoming(topic) = topic.delete_prefix("prefix.")
      def self.outgoing(topic) = "prefix.#{topic}"
    end
    group = draw
    topic = group.topics.first
    expect(topic.subscription_name).to eq "prefix.user_events"
    expect(group.topic_for("prefix.user_events")).to be topic
    expect { group.topic_for("prefix.other") }
      .to raise_error(Karafka::Errors::NonMatchingRouteError, /no route for topic prefix.other \(other after/)
  end

  it "finds a topic by its id" do
    group = draw
    expect(Karafka::Routing::Router.find("example_app_events_user_events")).to be group.topics.first
    expect { Karafka::Routing::Router.find("nope") }.to raise_error(Karafka::Errors::NonMatchingRouteError, /"nope"/)
  end

  it "does not guess when joined names make two ids alike" do
    type = Class.new(Karafka::BaseController)
    Karafka::App.consumer_groups.draw do
      consumer_group(:a) { topic(:b_c) { controller type } }
      consumer_group(:a_b) { topic(:c) { controller type } }
    end
    expect { Karafka::Routing::Router.find("example_app_a_b_c") }
      .to raise_error(Karafka::Errors::NonMatchingRouteError, /fits 2 routes/)
  end
end
