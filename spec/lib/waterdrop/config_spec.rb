# frozen_string_literal: true

require "spec_helper"
require_relative "../fresh_app"

RSpec.describe WaterDrop::Config do
  include_context "with a fresh app"

  def setup(&block)
    WaterDrop.setup do |config|
      config.kafka.seed_brokers = "kafka://h:9092"
      block&.call(config)
    end
  end

  it "needs brokers only, and adds up over calls" do
    expect { WaterDrop.setup }.to raise_error(WaterDrop::Errors::InvalidConfiguration, /kafka.seed_brokers is nil/)
    setup
    WaterDrop.setup { |config| config.deliver = false }
    expect([WaterDrop.config.kafka.seed_brokers, WaterDrop.config.deliver]).to eq ["kafka://h:9092", false]
  end

  it "reports every broken rule at once" do
    expect do
      setup do |config|
        config.client_id = "a b"
        config.deliver = nil
        config.kafka.required_acks = 5
        config.kafka.compression_codec = :rar
        config.kafka.delivery_interval = 100
      end
    end.to raise_error(WaterDrop::Errors::InvalidConfiguration) { |error|
      expect(error.problems.map(&:path)).to eq %w[client_id deliver kafka.required_acks kafka.compression_codec
                                                  kafka.delivery_interval]
    }
  end

  it "has the settings of 1.0" do
    expect(described_class.new.kafka.to_h.keys).to include(
      :seed_brokers, :connect_timeout, :socket_timeout, :max_buffer_bytesize, :max_buffer_size, :max_queue_size,
      :ack_timeout, :delivery_interval, :delivery_threshold, :max_retries, :retry_backoff, :required_acks,
      :compression_codec, :compression_threshold, :ssl_ca_cert, :sasl_plain_username
    )
    expect(described_class.new).to have_attributes(client_id: "waterdrop", deliver: true)
  end

  it "has a logger that can be replaced" do
    logger = Logger.new(log)
    WaterDrop.logger = logger
    expect(WaterDrop.logger).to be logger
  end
end
