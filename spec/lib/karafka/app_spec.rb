# frozen_string_literal: true

require "spec_helper"
require_relative "../fresh_app"

RSpec.describe Karafka::App do
  include_context "with a fresh app"

  it "shares everything with its subclasses" do
    app = Class.new(described_class)
    app.setup { |config| config.concurrency = 2 }
    expect([described_class.config.concurrency, app.consumer_groups]).to eq [2, described_class.routes]
    app.run!
    expect([described_class.running?, app.status]).to eq [true, described_class.status]
  end

  it "is initializing after setup, and stays what it was later" do
    expect(described_class).to be_initializing
    described_class.run!
    described_class.setup { |config| config.concurrency = 3 }
    expect(described_class).to be_running
  end

  it "passes on what belongs to Karafka" do
    expect(described_class.logger).to be Karafka.logger
    expect(described_class.monitor).to be Karafka.monitor
    expect([described_class.env, described_class.root]).to eq [Karafka.env, Karafka.root]
  end

  describe ".boot!" do
    it "raises every broken rule" do
      described_class.config.client_id = nil
      described_class.config.concurrency = 0
      expect { described_class.boot! }.to raise_error(Karafka::Errors::InvalidConfiguration, /2 problems/)
    end

    it "gives the settings to WaterDrop, which the application may change after" do
      WaterDrop.config.deliver = false
      described_class.config.kafka.ssl_ca_cert = "PEM"
      described_class.boot!
      expect(WaterDrop.config).to have_attributes(deliver: true, client_id: "example_app", logger: Karafka.logger)
      expect(WaterDrop.config.kafka.to_h)
        .to include(seed_brokers: %w[kafka://127.0.0.1:9092], ssl_ca_cert: "PEM", required_acks: -1)
      WaterDrop.setup { |config| config.deliver = false }
      expect(WaterDrop.config.deliver).to be false
    end

    it "says once what is allowed and does nothing" do
      type = Class.new(Karafka::BaseController)
      described_class.config.kafka.offset_retention_time = 60
      described_class.consumer_groups.draw do
        consumer_group :events do
          topic(:a) { controller type }
          topic :b do
            controller type
            max_bytes_per_partition 5
          end
        end
      end
      described_class.boot!
      expect(log.string.lines.size).to eq 2
      expect(log.string).to include("offset_retention_time does nothing", "the largest is used: a = 1048576")
    end

    it "runs configurators of the application, with the settings" do
      seen = []
      type = Class.new(Karafka::Setup::Configurators::Base) { define_method(:setup) { seen << config.client_id } }
      described_class.boot!
      expect(seen).to eq ["example_app"]
    ensure
      Karafka::Setup::Configurators::Base.all.delete(type)
    end
  end
end
