# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe Karafka::Setup::Settings do
  include_context "with a fresh app"

  let(:config) { Karafka::App.config }

  it "has the defaults of 1.1" do
    expect(config.to_h).to include(backend: :inline, batch_fetching: true, batch_consuming: false, persistent: true,
                                   parser: Karafka::Parsers::Json, shutdown_timeout: 60, concurrency: 5)
    expect(config.kafka.to_h).to include(session_timeout: 30, heartbeat_interval: 10, offset_commit_interval: 10,
                                         offset_commit_threshold: 0, pause_timeout: 10, start_from_beginning: true)
  end

  it "calls a lambda on every read" do
    count = 0
    config.parser = -> { count += 1 }
    expect([config.parser, config.parser]).to eq [1, 2]
  end

  it "leaves a lambda with arguments alone: a consumer mapper may be one" do
    mapper = ->(name) { "x_#{name}" }
    config.consumer_mapper = mapper
    expect(config.consumer_mapper).to be mapper
  end

  it "names the nearest setting when there is no such one" do
    text = 'config.kafka.seed_broker is not a setting (value: ["a:1"]); did you mean seed_brokers?'
    expect { config.kafka.seed_broker = ["a:1"] }.to raise_error(NoMethodError, text)
    expect { config.concurency }.to raise_error(NoMethodError, /did you mean concurrency\?/)
    expect { config.kafka = {} }.to raise_error(NoMethodError, /is a group of settings/)
  end

  it "hides the value of what looks like a secret" do
    expect { config.kafka.sasl_plain_passwort = "hush" }.to raise_error(NoMethodError) { |error|
      expect(error.message).to include("did you mean sasl_plain_password?", "[hidden]")
      expect(error.message).not_to include("hush")
    }
  end

  it "knows automatically_mark_as_consumed at the root and below kafka" do
    config.automatically_mark_as_consumed = false
    expect(config.kafka.automatically_mark_as_consumed).to be false
  end

  it "does not share defaults between trees" do
    config.kafka.librdkafka["a"] = "b"
    expect(Karafka::Setup::Config.new.kafka.librdkafka).to eq({})
  end

  it "shows names and no values" do
    config.kafka.sasl_plain_password = "hush"
    expect(config.kafka.inspect).to include("sasl_plain_password").and(satisfy { |text| !text.include?("hush") })
  end
end
