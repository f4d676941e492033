# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe Karafka::Routing::Builder do
  include_context "with a fresh app"

  let(:builder) { Karafka::App.consumer_groups }
  let(:controller) { stub_const("SoloController", Class.new(Karafka::BaseController)) }

  it "draws groups with topics" do
    group = draw(controller, group: proc { batch_fetching false }) { batch_consuming true }
    expect(builder).to eq [group]
    expect(group).to have_attributes(name: "events", id: "example_app_events", batch_fetching: false,
                                     session_timeout: 30, max_messages: 1_000, automatically_mark_as_consumed: true)
    expect(group.topics.first).to have_attributes(name: "user_events", id: "example_app_events_user_events",
                                                  controller: controller, batch_consuming: true, persistent: true)
  end

  it "draws a simple topic into a group of its own" do
    type = controller
    Karafka::App.routes.draw { topic(:solo) { consumer type } }
    expect(builder.first).to have_attributes(name: "solo", id: "example_app_solo")
    expect(builder.first.topics.first.id).to eq "example_app_solo_solo"
  end

  it "adds up over calls" do
    type = controller
    draw(controller)
    builder.draw { topic(:solo) { controller type } }
    expect(builder.map(&:name)).to eq %w[events solo]
  end

  it "keeps false and replaces only nil by the default" do
    Karafka::App.config.kafka.automatically_mark_as_consumed = true
    expect(draw(controller, group: proc { automatically_mark_as_consumed false }).automatically_mark_as_consumed)
      .to be false
  end

  it "does not change drawn routes when settings change" do
    group = draw(controller)
    Karafka::App.config.kafka.session_timeout = 99
    Karafka::App.config.persistent = false
    expect([group.session_timeout, group.topics.first.persistent]).to eq [30, true]
  end

  it "checks all groups and reports everything at once, and adds nothing" do
    drawing = proc do
      consumer_group(:good) { topic(:a) { controller Class.new(Karafka::BaseController) } }
      consumer_group(:empty) { session_timeout 0 }
      consumer_group "b c" do
        topic(:x) { batch_consuming 1 }
        topic(:x) { controller String }
      end
      consumer_group(:good) { topic(:"ż") { controller Class.new(Karafka::BaseController) } }
    end
    expect { builder.draw(&drawing) }.to raise_error(Karafka::Errors::InvalidConfiguration) { |error|
      expect(error.problems.map(&:path)).to contain_exactly(
        "consumer groups", "consumer group empty: session_timeout", "consumer group empty: topics",
        "consumer group b c: name", "consumer group b c: id", "consumer group b c: topics",
        "consumer group b c, topic x: batch_consuming", "consumer group b c, topic x: controller",
        "consumer group good, topic ż: name"
      )
    }
    expect(builder).to be_empty
  end

  it "names the root once for a wrong value that groups inherit" do
    Karafka::App.config.kafka.pause_timeout = -1
    type = controller
    drawing = proc do
      topic(:a) { controller type }
      topic(:b) { controller type }
    end
    expect { builder.draw(&drawing) }
      .to raise_error(Karafka::Errors::InvalidConfiguration, /\Ainvalid routes: kafka.pause_timeout is -1/)
  end

  it "refuses words it does not know, with the nearest one" do
    expect { draw(group: proc { sesion_timeout 3 }) }.to raise_error(NoMethodError, /did you mean session_timeout\?/)
    expect { draw { batch_consumming true } }.to raise_error(NoMethodError, /did you mean batch_consuming\?/)
    expect { draw(group: proc { start_from_beginning true }) }.to raise_error(NoMethodError)
    expect { draw { batch_fetching true } }.to raise_error(NoMethodError)
    expect { builder.draw { group(:x) {} } }.to raise_error(NoMethodError, /use consumer_group or topic/)
    expect(builder).to be_empty
  end

  it "gives each group every setting in to_h, and shows no secrets" do
    Karafka::App.config.kafka.sasl_plain_username = "me"
    Karafka::App.config.kafka.sasl_plain_password = "hush"
    group = draw(controller)
    expect(group.to_h).to include(:session_timeout, :batch_fetching, id: "example_app_events")
    expect(group.inspect).not_to include("hush")
  end
end
