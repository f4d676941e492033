# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that a responder that is used wrongly sends nothing and says in one line what to do.
RSpec.describe "Bad input: responders" do
  include_context "with a fresh app"

  let(:usage) { Karafka::Errors::InvalidResponderUsage }
  let(:options) { WaterDrop::Errors::InvalidMessageOptions }

  before do
    Karafka.producer = Object.new.tap { |it| it.define_singleton_method(:produce_sync) { |**| raise "sent" } }
  end

  # A responder with these topics, whose `respond` is the block.
  def responder(topics = { users: {} }, &respond)
    stub_const("Answers", Class.new(Karafka::BaseResponder) do
      topics.each { |name, chosen| topic(name, chosen) }
      define_method(:respond, &respond)
    end)
  end

  describe "in what they declare" do
    odd = BadInput::ODD.merge("nil" => [nil, "nil"], "false" => [false, "false"], "an Array" => [%i[a b], "[:a, :b]"])
    odd.each do |what, (value, shown)|
      it("do not name a topic #{what}") do
        refused(usage, "names the topic #{shown}") { Class.new(Karafka::BaseResponder) { topic value } }
      end

      it "do not take #{what} as options" do
        type = responder(users: value) { respond_to :users, 1 }
        refused(usage, "users has the options #{shown}", cure: /, give a Hash\z/) { type.call }
      end

      %i[required multiple_usage async].each do |option|
        next if value == false

        it "do not take #{what} for #{option}" do
          type = responder(users: { option => value }) { respond_to :users, 1 }
          refused(usage, "users has #{option}: #{shown}", cure: /, give true or false\z/) { type.call }
        end
      end
    end

    {
      { requird: true } => "unknown option requird, did you mean required?",
      { optional: true } => "unknown option optional, known names: async, multiple_usage, required",
      { "required" => false } => "unknown option \"required\"", { nil => 1 } => "unknown option nil",
      { 5 => 1 } => "unknown option 5", { BadInput::Refusing.new => 1 } => "unknown option #<BadInput::Refusing>"
    }.each do |declared, shown|
      it "do not take the options #{BadInput.label(declared)}" do
        refused(usage, "users has the #{shown}", cure: /did you mean|known names/) do
          responder(users: declared) { respond_to :users, 1 }.call
        end
      end
    end

    ["", " ", "a b", "a\nb", "a\0", "ż", "x" * 250, "..", "a\xFF", "a/b"].each do |name|
      it "do not take the topic #{name.inspect[0, 20]}" do
        type = responder(name => {}) { respond_to name, 1 }
        refused(usage, "is not a topic name", cure: /must be 1 to 249/) { type.call }
      end
    end
  end

  describe "in what they respond to" do
    BadInput::ODD.merge("nil" => [nil, "nil"]).each do |what, (value, shown)|
      it("do not take #{what} as a topic") do
        refused(usage, "Answers names the topic #{shown}") { responder { respond_to value, 1 }.call }
      end

      it("do not take #{what} as options") do
        refused(options, "options are a ") { responder { respond_to :users, 1, value }.call }
      end
    end

    {
      { async: true } => "write `topic :users, async: true`", { topic: "other" } => "unknown option :topic",
      { partion: 1 } => "did you mean partition?", { "key" => "k" } => "write `key:`",
      { partition: -1 } => "partition is -1", { partition: nil } => "partition is nil",
      { key: 5 } => "key is a Integer",
      { headers: [] } => "headers are a Array", { timestamp: "now" } => 'timestamp is "now"',
      { create_time: 1.5 } => "timestamp is 1.5", { partition_key: "" } => "partition_key is empty"
    }.each do |given, shown|
      it "do not take the options #{given}" do
        refused(options, shown) { responder { respond_to :users, 1, given }.call }
      end
    end

    {
      [] => "users is required and was not used, respond to it", %i[users users] => "users was used 2 times, declare",
      %i[users other] => "other is not registered, add `topic :other`",
      %i[users user] => "user is not registered, did you mean users?",
      [:users, "a\nb"] => '"a\nb" is not a topic name, respond to', [:users, ""] => '"" is not a topic name',
      [:users, "a\xFF"] => '"a\xFF" is not a topic name'
    }.each do |names, shown|
      it "do not use topics as #{names}" do
        refused(usage, "Answers used its topics wrongly: ", shown, cure: /, \S/) do
          responder { names.each { |name| respond_to name, 1 } }.call
        end
      end
    end

    it "tell everything that is wrong at once" do
      type = responder(users: { requird: 1 }, "a b": {}) { respond_to :third, 1 }
      told = ["requird", "a b is not a topic name", "users is required", "a b is required", "third is not registered"]
      refused(usage, *told, cure: /,/) { type.call }
    end
  end

  describe "with parsers" do
    BadInput::ODD.merge("nil" => [nil, "nil"], "a Class" => [String, "String"]).each do |what, (value, shown)|
      it "do not take #{what}" do
        refused(Karafka::Errors::InvalidConfiguration, "the parser of Answers is #{shown}", "Karafka::Parsers::Json") do
          responder { nil }.new(value)
        end
      end
    end

    [5, :s, { a: 1 }, ["x"], false, BadInput::Blank.new].each do |made|
      it "do not send what a parser made as #{BadInput.label(made)}" do
        parser = Module.new { define_singleton_method(:generate) { |_| made } }
        refused(Karafka::Errors::ParserError, "its generate must give a String") do
          responder { respond_to :users, 1 }.new(parser).call
        end
      end
    end

    {
      "an Array of itself" => BadInput::RECURSIVE, "NaN" => [Float::NAN], "Infinity" => { a: Float::INFINITY },
      "bytes that are not UTF-8" => ["a\xFF"], "a BasicObject" => BadInput::Blank.new
    }.each do |what, data|
      it "do not send #{what} as JSON" do
        type = responder { respond_to :users, data }
        refused(Karafka::Errors::ParserError, "cannot be written as JSON") { type.call }
      end
    end
  end

  it "do not send where a topic_mapper gives no name" do
    mapper = Module.new { def self.outgoing(_name) = nil }
    Karafka::App.config.topic_mapper = mapper
    refused(Karafka::Errors::InvalidConfiguration, "the topic_mapper makes nil of the topic users") do
      responder { respond_to :users, 1 }.call
    end
  end
end
