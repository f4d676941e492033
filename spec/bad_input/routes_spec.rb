# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that no wrong route is drawn: each is refused in one line with its place, the value and the cure, all
# that is wrong is told at once, and nothing of a wrong drawing stays.
RSpec.describe "Bad input: routes" do
  include_context "with a fresh app"

  let(:builder) { Karafka::App.consumer_groups }
  let(:config) { Karafka::App.config }
  let(:invalid) { Karafka::Errors::InvalidConfiguration }
  let(:type) { Class.new(Karafka::BaseController) }

  after { expect(builder).to be_empty }

  # Draws a group with a topic; words of each by name.
  def try_to_draw(group: "g", topic: "t", in_group: {}, in_topic: {})
    words = { controller: type }.merge(in_topic)
    builder.draw do
      consumer_group group do
        in_group.each { |word, value| public_send(word, value) }
        topic(topic) { words.each { |word, value| public_send(word, value) } }
      end
    end
  end

  describe "with names" do
    long = "n" * 250
    {
      nil => "nil", "" => '""', " " => '" "', 5 => "5", "a b" => "a b", "a\nb" => '"a\nb"', "a\0b" => '"a\u0000b"',
      "a\xFF" => '"a\xFF"', "ż" => "ż", "a/b" => "a/b", long => "nnnn...", [:a] => "[:a]", 1.5 => "1.5",
      :"a b" => "a b",
      true => "true", Object => "Object", "a".encode(Encoding::UTF_16BE) => '"a"'
    }.each do |name, shown|
      it "refuses the topic #{name.inspect[0, 20]}" do
        refused(invalid, shown, "must be 1 to 249 ASCII letters") { try_to_draw(topic: name) }
      end

      it "refuses the group #{name.inspect[0, 20]}" do
        error = raised { try_to_draw(group: name) }
        expect(error.class).to eq invalid
        expect(error.problems.map(&:to_s)).to include(match(/name is .* must be 1 to 249 ASCII letters.*; set it to/))
        expect(error.problems.map(&:to_s)).to all(match(/\A.+\z/).and(include(shown)))
      end
    end

    {
      "an object that raises when it is shown" => [BadInput::Refusing.new, "#<BadInput::Refusing>"],
      "a BasicObject" => [BadInput::Blank.new, "#<BadInput::Blank>"],
      "an Array of itself" => [BadInput::RECURSIVE, "[[...]]"]
    }.each do |what, (name, shown)|
      it "refuses #{what} as a topic" do
        refused(invalid, "topic #{shown}: name is #{shown}") { try_to_draw(topic: name) }
      end

      it "refuses #{what} as a group" do
        expect(raised { try_to_draw(group: name) }.message).to include("consumer group #{shown}: name is #{shown}")
      end
    end

    [".", ".."].each do |name|
      it "refuses the topic #{name}, which Kafka does not have" do
        refused(invalid, name, "dots") { try_to_draw(topic: name) }
      end
    end

    it "refuses a name that is changed to a wrong one in the block" do
      refused(invalid, "topic a b: name") { try_to_draw(in_topic: { name: "a b" }) }
    end

    it "refuses an id that is longer than Kafka allows, though its parts are not" do
      config.client_id = "c" * 150
      refused(invalid, "consumer group #{"g" * 150}: id is \"cccc", "client_id") { try_to_draw(group: "g" * 150) }
    end
  end

  describe "with values" do
    (Karafka::Routing::Contract::GROUP.keys + %i[seed_brokers librdkafka]).each do |word|
      it "refuses each odd value of #{word}" do
        # Has a meaning of its own there, and no limit that we know.
        taken = word == :offset_retention_time ? ["a negative number", "2**64"] : []
        BadInput::ODD.except(*taken).each_value do |value, shown|
          shown = "[hidden]" if Karafka::Setup::Problems::SECRET.match?(word.to_s)
          error = raised { try_to_draw(in_group: { word => value }) }
          expect(error&.class).to(eq(invalid), "#{shown}: #{error.inspect[0, 300]}")
          expect(error.problems.map(&:to_s)).to all(match(/\A.+; \S.*\z/))
          expect(error.message).to include("consumer group g: #{word}").and include(shown[0, 4])
        end
      end
    end

    (Karafka::Routing::Contract::TOPIC.keys + %i[controller responder] - [:name]).each do |word|
      it "refuses each odd value of #{word}" do
        BadInput::ODD.each_value do |value, shown|
          refused(invalid, "topic t: #{word} is #{shown}") { try_to_draw(in_topic: { word => value }) }
        end
      end
    end

    {
      controller: [nil, "events_controller", :events, Class, Kernel, Class.new, Karafka::BaseController.new],
      responder: ["answers", Karafka::BaseController, Struct.new(:topics).new([])],
      parser: [Marshal, Class.new, ->(content) { content }],
      backend: ["inline", :threads, ""],
      batch_consuming: ["true", 1, "yes"],
      start_from_beginning: [:earliest, 0]
    }.each do |word, values|
      values.each do |value|
        it "refuses #{value.inspect} for #{word}" do
          refused(invalid, "topic t: #{word} is ") { try_to_draw(in_topic: { word => value }) }
        end
      end
    end
  end

  describe "with words" do
    {
      "controler" => "did you mean controller?", "topc" => "known names",
      "batch_fetching" => "did you mean batch_consuming?", "session_timeout" => "known names",
      "persistent?" => "did you mean persistent?", "persistent!" => "persistent",
      "respnder" => "did you mean responder?"
    }.each do |word, cure|
      it "refuses the word #{word} in a topic" do
        refused(Karafka::Errors::UnknownSetting, "#{word} (value: 5) is not known inside topic t", cure) do
          try_to_draw(in_topic: { word => 5 })
        end
      end
    end

    {
      "sesion_timeout" => "did you mean session_timeout?", "topics" => "did you mean topic?",
      "start_from_beginning" => "known names", "seed_broker" => "did you mean seed_brokers?"
    }.each do |word, cure|
      it "refuses the word #{word} in a group" do
        refused(Karafka::Errors::UnknownSetting, "#{word} (value: 5) is not known inside consumer group g", cure) do
          try_to_draw(in_group: { word => 5 })
        end
      end
    end

    it "refuses a word with no value, and with two" do
      refused(ArgumentError, "backend got 0 values inside topic t") { builder.draw { topic(:t) { backend } } }
      refused(ArgumentError, "backend got 2 values") { builder.draw { topic(:t) { backend :inline, 2 } } }
    end

    it "refuses a drawing without routes, and words that no drawing has" do
      refused(ArgumentError, "draw needs routes") { builder.draw }
      refused(Karafka::Errors::UnknownSetting, "group is not known inside draw") { builder.draw { group(:g) } }
    end
  end

  describe "with mappers" do
    def mapper(outgoing)
      Object.new.tap do |it|
        it.define_singleton_method(:incoming) { |name| name }
        it.define_singleton_method(:outgoing, &outgoing)
      end
    end

    {
      "gives nil" => [->(_) {}, "id is nil"], "gives a number" => [->(_) { 5 }, "id is 5"],
      "gives an empty name" => [->(_) { "" }, 'id is ""'], "gives two lines" => [->(_) { "a\nb" }, 'id is "a\nb"'],
      "gives 250 letters" => [->(_) { "x" * 250 }, 'id is "xxx'],
      "raises" => [->(_) { raise "no\nway" }, "raised RuntimeError (no)"],
      "takes two names" => [->(a, b) { a + b }, "raised ArgumentError (wrong number of arguments"]
    }.each do |what, (consumer_mapper, shown)|
      it "refuses a consumer_mapper that #{what}" do
        config.consumer_mapper = consumer_mapper
        refused(invalid, "consumer group g: id is", shown, "mend client_id or the consumer_mapper") { try_to_draw }
      end
    end

    {
      "gives nil" => [->(_) {}, "is nil"], "gives a number" => [->(_) { 5 }, "is 5"],
      "gives a wrong name" => [->(_) { "a b" }, 'is "a b"'],
      "raises" => [->(_) { raise IOError, "no" }, "raised IOError (no)"]
    }.each do |what, (outgoing, shown)|
      it "refuses a topic_mapper that #{what}" do
        config.topic_mapper = mapper(outgoing)
        refused(invalid, "topic t: name in the cluster is", shown, "mend the topic_mapper") { try_to_draw }
      end
    end

    it "refuses groups that get the same id" do
      config.consumer_mapper = ->(_) { "same" }
      consumer = type
      refused(invalid, 'ids of consumer groups is ["same", "same"]', "mend the consumer_mapper") do
        builder.draw { %w[a b].each { |name| topic(name) { controller consumer } } }
      end
    end

    it "refuses topics that are the same one in the cluster" do
      config.topic_mapper = mapper(->(_) { "same" })
      consumer = type
      refused(invalid, 'topics in the cluster is ["same", "same"]', "mend the topic_mapper") do
        builder.draw { consumer_group(:g) { %w[a b].each { |name| topic(name) { controller consumer } } } }
      end
    end
  end

  it "refuses what is drawn twice, in one go or in two" do
    consumer = type
    once = proc { topic(:a) { controller consumer } }
    twice = proc { 2.times { instance_exec(&once) } }
    refused(invalid, 'consumer groups is ["a", "a"]', "rename one") { builder.draw(&twice) }
    builder.draw(&once)
    refused(invalid, 'consumer groups is ["a", "a"]') { builder.draw(&once) }
    expect(builder.map(&:name)).to eq ["a"]
    builder.clear
    refused(invalid, 'consumer group g: topics is ["a", "a"]') { builder.draw { consumer_group(:g, &twice) } }
  end
end
