# frozen_string_literal: true

require "stringio"

# All state of Karafka::App belongs to the process; specs with settings or routes include this context.
RSpec.shared_context "with a fresh app" do
  let(:log) { StringIO.new }

  def forget_app
    Karafka::Setup::Config.reset!
    Karafka::Routing::Builder.instance.clear
    Karafka::App.status.reset!
    Karafka.reset_shared!
    Karafka.monitor.unsubscribe(Karafka::Instrumentation::LogListener)
    Karafka.reset_shared!
    WaterDrop.reset!
    Karafka.producer = nil
  end

  before do
    forget_app
    Karafka::App.setup do |config|
      config.client_id = "example_app"
      config.logger = Logger.new(log)
      config.kafka.seed_brokers = %w[kafka://127.0.0.1:9092]
    end
  end

  after { forget_app }

  # Draws a group "events" and returns it.
  def draw(controller = Class.new(Karafka::BaseController), group: nil, &in_topic)
    Karafka::App.consumer_groups.draw do
      consumer_group :events do
        instance_exec(&group) if group
        topic(:user_events) do
          controller controller
          instance_exec(&in_topic) if in_topic
        end
      end
    end
    Karafka::App.consumer_groups.last
  end
end
