# frozen_string_literal: true

require "spec_helper"
require_relative "../../rakelib/docs/configuration"

# The tables of the configuration reference are the code's own.
RSpec.describe "docs/configuration.md" do
  let(:configuration) { Docs::Configuration.new }

  it "is what `rake docs` writes" do
    current = File.read(Docs::Configuration::PATH) == configuration.text
    expect(current).to be(true), "docs/configuration.md is stale; run `rake docs`"
  end

  it "says what each setting means" do
    expect(configuration.unexplained).to eq []
  end

  it "names the property of each setting that librdkafka knows by another name" do
    rows = configuration.text.lines.to_h { |line| line.split(" | ").values_at(0, -2) }
    expect(rows["| `session_timeout`"]).to eq("`session.timeout.ms`")
    expect(rows["| `seed_brokers`"]).to eq("`bootstrap.servers`")
    expect(rows["| `delivery_interval`"]).to eq("`linger.ms`")
  end

  it "names each setting" do
    names = [Karafka::Setup::Config, Karafka::Setup::KafkaSettings, Karafka::Setup::HttpSettings,
             Karafka::Setup::LogSettings, WaterDrop::Config, WaterDrop::KafkaSettings]
    text = configuration.text
    expect(names.flat_map { |type| type.defaults.keys }.uniq.reject { |name| text.include?("| `#{name}` |") }).to eq []
  end
end
