# frozen_string_literal: true

# Consumes an order, so that the guide's controller answers, and what it answers.
class AuditController < Karafka::BaseController
  def consume
    ANSWERED << params.payload
  end
end

Karafka::App.consumer_groups.draw do
  consumer_group(:audit) { topic(:audit) { controller AuditController } }
end
Karafka.producer.produce_sync(topic: "orders", payload: { id: 8, total: 70 }.to_json)

answers = []
serve("the order was answered") do
  answers << ANSWERED.pop until ANSWERED.empty?
  answers.include?({ "billed" => 8 })
end
