# frozen_string_literal: true

require "karafka/rails/route_file"

# Pure, and part of Rails' generators alone.
RSpec.describe Karafka::Rails::RouteFile do
  let(:route) { "topic :orders do\n  controller OrdersConsumer\nend\n" }

  {
    "as it was made" => "class A < Karafka::App\n  consumer_groups.draw do\n  end\nend\n",
    "with other names and comments" => "Karafka::App.routes.draw do # all\nend\n",
    "with braces" => "A.consumer_groups.draw {\n}\n",
    "with a comment that only looks so" => "# consumer_groups.draw do\nA.consumer_groups\n  .draw do\nend\n",
    "with other routes" => "A.consumer_groups.draw do\n  topic(:a) { controller A }\nend\n"
  }.each do |how, text|
    it "adds a route to a file #{how}, and takes it away" do
      added = described_class.new(text).with(route)
      expect(added).to match(/^\s*topic :orders do\n\s+controller OrdersConsumer\n\s+end\n/)
      expect(added.lines.size).to eq(text.lines.size + 3)
      expect(described_class.new(added).route?("OrdersConsumer")).to be(true)
      expect(described_class.new(added).without(route)).to eq(text)
    end
  end

  {
    "without routes" => "Karafka::App.setup { }\n", "with routes on one line" => "A.routes.draw { topic(:a) { } }\n",
    "in a comment" => "# consumer_groups.draw do\n", "that is broken" => "consumer_groups.draw do\n",
    "with routes in a text" => "X = '\nroutes.draw do\n' if"
  }.each do |how, text|
    it "leaves a file #{how} alone" do
      expect(described_class.new(text).with(route)).to be_nil
    end
  end

  ["controller OrdersConsumer", "consumer(OrdersConsumer)", 'controller "OrdersConsumer"',
   "controller ::OrdersConsumer", "topic(:a) { controller OrdersConsumer }"].each do |line|
    it "sees a route in `#{line}`" do
      expect(described_class.new("  #{line}\n").route?("OrdersConsumer")).to be(true)
    end
  end

  ["# controller OrdersConsumer", "controller BigOrdersConsumer", "controller OrdersConsumer::Old",
   "responder OrdersConsumer"].each do |line|
    it "sees none in `#{line}`" do
      expect(described_class.new("  #{line}\n").route?("OrdersConsumer")).to be(false)
    end
  end
end
