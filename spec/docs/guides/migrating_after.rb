# frozen_string_literal: true

# The application of Karafka 1.1 in the guide consumes and responds.
Karafka::App.config.kafka.max_wait_time = 0.01
NAMES = Queue.new

class NamesController < Karafka::BaseController
  def consume
    NAMES << params[:name]
  end
end

Karafka::App.consumer_groups.draw { topic(:user_names) { controller NamesController } }
WaterDrop::SyncProducer.call({ user: { name: "Ann" } }.to_json, topic: "user_events")
WaterDrop::SyncProducer.call({ user: { name: "test" } }.to_json, topic: "user_events")
WaterDrop::SyncProducer.call({ user: { name: "Bob" } }.to_json, topic: "user_events")

names = []
serve("both names came") do
  names << NAMES.pop until NAMES.empty?
  names.size > 1
end
expect_equal(%w[Ann Bob], names)
