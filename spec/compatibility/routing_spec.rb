# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that routes of Karafka 1.1 are drawn as they were: both styles, what specs of applications look at, and
# what was never checked and is now.
RSpec.describe "Routes of Karafka 1.1" do
  include_context "with a fresh app"

  let(:groups) { Karafka::App.consumer_groups }
  let(:type) { stub_const("EventsController", Class.new(Karafka::BaseController)) }

  def draw_two
    type
    groups.draw do
      consumer_group :bigger do
        batch_fetching false
        topic(:a) { controller EventsController }
        topic "b" do
          controller EventsController
          batch_consuming true
        end
      end

      topic :solo do
        controller EventsController
      end
    end
  end

  it "are an Array of groups that adds up over calls" do
    draw_two
    groups.draw { topic(:more) { controller EventsController } }
    expect(groups).to be_an(Array)
    expect(groups.map(&:name)).to eq %w[bigger solo more]
    expect(groups.flat_map(&:topics).map(&:name)).to eq %w[a b solo more]
    expect(groups.map { |group| [group.id, group.batch_fetching] })
      .to eq [["example_app_bigger", false], ["example_app_solo", true], ["example_app_more", true]]
  end

  it "are found by the id of their topic" do
    draw_two
    expect(Karafka::Routing::Router.find("example_app_bigger_b")).to be groups.first.topics.last
    expect { Karafka::Routing::Router.find("x") }.to raise_error(Karafka::Errors::NonMatchingRouteError, /"x"/)
  end

  it "are active when this process consumes them" do
    draw_two
    expect(groups.active.map(&:name)).to eq %w[bigger solo]
    Karafka::Server.consumer_groups = %w[solo]
    expect([groups.active.map(&:name), groups.map(&:active?)]).to eq [%w[solo], [false, true]]
  end

  it "keep their words to themselves" do
    expect { groups.consumer_group(:x) }.to raise_error(NoMethodError)
    expect { groups.topic(:x) }.to raise_error(NoMethodError)
    %i[name? name! id=].each do |word|
      expect { groups.draw { consumer_group(:x) { __send__(word, 1) } } }.to raise_error(NoMethodError)
    end
  end

  it "give Hashes for specs to look at" do
    draw_two
    group = groups.first
    expect(group.to_h.keys).to include(:id, :topics, :seed_brokers, :session_timeout, :batch_fetching, :pause_timeout)
    expect(group.to_h[:topics].map { |topic| topic[:id] }).to eq %w[example_app_bigger_a example_app_bigger_b]
    expect(group.topics.last.to_h).to include(name: "b", controller: EventsController, batch_consuming: true,
                                              parser: Karafka::Parsers::Json, backend: :inline, responder: nil)
  end

  it "let a topic be named inside its block" do
    type
    groups.draw { topic(:written) { controller(EventsController) && name("named") } }
    topic = groups.first.topics.first
    expect([topic.name, topic.id, topic.subscription_name])
      .to eq %w[named example_app_written_named named]
    expect(groups.first.topic_for("named")).to be topic
  end

  it "map names with mappers of the application: a lambda, a module, an instance" do
    type
    Karafka::App.setup do |config|
      config.consumer_mapper = ->(name) { "team.#{name}" }
      config.topic_mapper = Struct.new(:prefix) {
        def incoming(topic) = topic.delete_prefix(prefix)
        def outgoing(topic) = "#{prefix}#{topic}"
      }.new("eu.")
    end
    groups.draw { topic(:solo) { controller EventsController } }
    group = groups.first
    expect([group.id, group.topics.first.id, group.topics.first.subscription_name])
      .to eq %w[team.solo team.solo_solo eu.solo]
    expect(group.topic_for("eu.solo").name).to eq "solo"
  end

  describe "that 1.1 let pass" do
    it "are all checked, whatever the first is like, and all problems told at once" do
      type
      drawing = proc do
        topic(:good) { controller EventsController }
        consumer_group(:slow) { topic(:a) { controller EventsController } && session_timeout(-1) }
        consumer_group(:empty) { batch_fetching 1 }
      end
      expect { groups.draw(&drawing) }.to raise_error(Karafka::Errors::InvalidConfiguration) { |error|
        expect(error.problems.map(&:path)).to eq ["consumer group slow: session_timeout",
                                                  "consumer group empty: batch_fetching",
                                                  "consumer group empty: topics"]
      }
    end

    it "have no group and no topic of a group twice" do
      draw_two
      expect { groups.draw { topic(:solo) { controller EventsController } } }
        .to raise_error(Karafka::Errors::InvalidConfiguration, /consumer groups is \["solo", "solo"\]/)
      twice = proc { 2.times { topic(:t) { controller EventsController } } }
      expect { groups.draw { consumer_group(:g, &twice) } }
        .to raise_error(Karafka::Errors::InvalidConfiguration, /topics is \["t", "t"\]/)
      expect(groups.map(&:name)).to eq %w[bigger solo]
    end

    it "never send messages to the other route when joined names are alike" do
      type
      groups.draw do
        consumer_group(:a) { topic(:b_c) { controller EventsController } }
        consumer_group(:a_b) { topic(:c) { controller EventsController } }
      end
      expect(groups.map { |group| group.topics.first.id }.uniq).to eq %w[example_app_a_b_c]
      expect([groups[0].topic_for("b_c").name, groups[1].topic_for("c").name]).to eq %w[b_c c]
      expect { groups[1].topic_for("b_c") }.to raise_error(Karafka::Errors::NonMatchingRouteError)
    end
  end
end
