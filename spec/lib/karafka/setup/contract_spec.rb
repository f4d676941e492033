# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe Karafka::Setup::Contract do
  include_context "with a fresh app"

  let(:config) { Karafka::App.config }

  def problems
    described_class.new(config).problems.list
  end

  def paths
    problems.map(&:path)
  end

  it "accepts the smallest application" do
    expect(problems).to eq []
  end

  it "reports every broken rule at once, with path, value, rule and cure" do
    config.client_id = "a b"
    config.kafka.session_timeout = "30"
    config.kafka.pause_timeout = 0
    expect { Karafka::App.boot! }.to raise_error(Karafka::Errors::InvalidConfiguration) { |error|
      expect(error.problems.map(&:path)).to eq %w[client_id kafka.session_timeout kafka.pause_timeout]
      expect(error.message).to include('kafka.session_timeout is "30" but must be a number from 0.001 to 3600; ' \
                                       "set it to 30")
    }
  end

  %w[ok a.b-c_d A1].each do |name|
    it("takes the name #{name.inspect}") { expect((config.client_id = name) && problems).to eq [] }
  end

  ["", "a b", "a/b", "ż", "ok\n", :symbol, nil, "x" * 250].each do |name|
    it "refuses the name #{name.inspect[0, 20]}" do
      config.client_id = name
      expect(paths).to eq ["client_id"]
    end
  end

  [%w[kafka://h:9092], %w[kafka+ssl://h:9093], %w[kafka://my_host:9092], %w[h:9092], %w[127.0.0.1:9092],
   %w[ssl://h:9093], %w[plaintext://h:9092], %w[[::1]:9092], "kafka://a:1,kafka://b:2", "a:1, b:2"].each do |brokers|
    it "takes the brokers #{brokers.inspect}" do
      config.kafka.seed_brokers = brokers
      expect(problems).to eq []
    end
  end

  [nil, [], "", %w[kafka://h], %w[h], %w[http://h:80], %w[kafka://h:0], %w[kafka://h:70000], [nil], [9092],
   %w[kafka+ssl://a:1 kafka://b:2], "ssl://a:1,b:2"].each do |brokers|
    it "refuses the brokers #{brokers.inspect}" do
      config.kafka.seed_brokers = brokers
      expect(paths).to all(start_with("kafka.seed_brokers"))
      expect(paths).not_to be_empty
    end
  end

  it "names the broker in a list that is wrong" do
    config.kafka.seed_brokers = %w[kafka://h:9092 kafka://h]
    expect(problems.first.to_s).to start_with('kafka.seed_brokers[1] is "kafka://h" but must have a host and a port')
  end

  it "wants credentials in pairs and a mechanism with SCRAM" do
    config.kafka.ssl_client_cert = "PEM"
    config.kafka.sasl_scram_username = "me"
    config.kafka.sasl_scram_password = "pw"
    expect(paths).to eq %w[kafka.ssl_client_cert_key kafka.sasl_scram_mechanism]
  end

  it "never shows a secret" do
    config.kafka.sasl_plain_password = 12_345
    expect(problems.join).not_to include("12345")
  end

  it "refuses max_wait_time above socket_timeout, and pause_max_timeout below pause_timeout" do
    config.kafka.max_wait_time = 31
    config.kafka.pause_max_timeout = 5
    expect(paths).to eq %w[kafka.max_wait_time kafka.pause_max_timeout]
  end

  it "refuses librdkafka properties that the gem needs for itself, and says what to do" do
    config.kafka.librdkafka = { "group.id" => "x", "fetch.error.backoff.ms" => 1 }
    expect(problems.map(&:to_s)).to eq ['kafka.librdkafka["group.id"] is "x" but belongs to karafka_rs; ' \
                                        "set the name of the consumer group, or a consumer_mapper"]
  end
end
