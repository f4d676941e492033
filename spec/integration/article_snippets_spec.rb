# frozen_string_literal: true

# Owns the proof that the snippets of the 1.1 release notes run as they are printed there, in files that an application
# would have. Ours are the `end`s they leave out, what stands for "some logic", and the settings of the reader.
RSpec.describe "The snippets of the release notes" do
  let(:settings) { <<~RUBY }
    require "karafka"
    $stdout.sync = true
    Settings = Struct.new(:kafka, :name).new(
      Struct.new(:seed_brokers).new(["kafka://\#{ENV.fetch("BROKERS")}"]), "shop"
    )
    Karafka::App.setup { |config| config.logger = Logger.new(IO::NULL) }
  RUBY

  let(:configuration) { <<~RUBY }
    class App < Karafka::App
      setup do |config|
        config.kafka.seed_brokers = ::Settings.kafka.seed_brokers
        config.kafka.offset_commit_threshold = 30
        config.client_id = ::Settings.name
      end

      consumer_groups.draw do
        # consumer groups definitions go here
      end
    end
    App.boot!

    # Overwrite default delivery setting and don't send in the test env
    WaterDrop.setup do |water_config|
      water_config.deliver = !Karafka.env.test?
    end
  RUBY

  let(:manual_offsets) { <<~RUBY }
    class EventsController < Karafka::BaseController
      def consume
        puts "event \#{params_batch.first[:id]}"
        # Do something with messages
        # And now mark last message as consumed,
        # so we won't consume any of already processed messages again
        consumer.mark_as_consumed params_batch.to_a.last
      end
    end

    class App < Karafka::App
      consumer_groups.draw do
        consumer_group :events do
          automatically_mark_as_consumed false

          topic :user_events do
            controller EventsController
          end
        end
      end
    end
  RUBY

  let(:responder) { <<~RUBY }
    class ApplicationResponder < Karafka::BaseResponder
    end

    class ExampleResponder < ApplicationResponder
      topic :regular_topic
      topic :async_topic, async: true

      def respond(user, profile)
        respond_to :regular_topic, user
        # This will be sent async
        respond_to :async_topic, user
      end
    end
  RUBY

  let(:callbacks) { <<~RUBY }
    class ExamplesController < Karafka::BaseController
      include Karafka::Controllers::Callbacks

      after_fetched do
        # Some logic here
        puts "fetched"
      end

      # Old name
      def perform
        # Some logic here
        puts "perform"
      end

      # New name
      def consume
        # Some logic here
        puts "consume \#{params["name"]}"
        respond_with params[:name], nil
      end
    end
  RUBY

  let(:producers) { <<~RUBY }
    # For sync
    WaterDrop::SyncProducer.call('message', topic: 'my-topic')
    # or for async
    WaterDrop::AsyncProducer.call('message', topic: 'my-topic')
  RUBY

  # Reads what snippets sent, in a group of its own.
  let(:reader) { <<~RUBY }
    class Reader < Karafka::BaseController
      def consume
        puts "\#{params.topic}: \#{params.raw_payload}"
      end
    end

    App.consumer_groups.draw do
      consumer_group :readers do
        %w[my-topic regular_topic async_topic].each { |name| topic(name) { controller Reader } }
      end
    end
  RUBY

  before do
    broker("user_events" => 1, "examples" => 1, "my-topic" => 1, "regular_topic" => 1, "async_topic" => 1)
    Karafka::App.config.logger = Logger.new(IO::NULL)
    WaterDrop.setup { |config| config.kafka.seed_brokers = broker.bootstrap_servers }
  end

  def committed(group, topic)
    properties = { "bootstrap.servers" => broker.bootstrap_servers, "group.id" => group }
    Karafka::Native.positions(properties, [[topic, 0]], 10).first[:committed]
  end

  it "consume, mark, respond and send" do
    routes = <<~RUBY
      App.consumer_groups.draw do
        topic(:examples) { controller(ExamplesController) && responder(ExampleResponder) }
      end
    RUBY
    server = karafka_server([settings, configuration, manual_offsets, responder, callbacks, routes, reader, producers]
      .join("\n"), env: { "KARAFKA_ENV" => "production" })
    WaterDrop::SyncProducer.call('{"id":1}', topic: "user_events")
    WaterDrop::SyncProducer.call('{"name":"Ann"}', topic: "examples")
    ["event 1", "fetched", "consume Ann", "regular_topic: Ann", "async_topic: Ann"].each { |line| server.line(line) }
    wait_until("both messages") { server.lines.count("my-topic: message") == 2 }
    wait_until("the mark") { committed("shop_events", "user_events") == 1 }
    server.signal("TERM")
    expect([server.finish.code, server.lines.include?("perform")]).to eq([0, false])
  end

  it "send nothing in the test environment" do
    script = [settings, configuration, producers, "p WaterDrop.config.deliver, WaterDrop.config.client_id"].join("\n")
    ended = run_child(script, env: { "KARAFKA_ENV" => "test" })
    expect([ended.code, ended.out]).to eq([0, ["false", '"shop"']])
    log = Queue.new
    type = controller(log) { log << params.raw_payload }
    WaterDrop::SyncProducer.call("only this", topic: "my-topic")
    setup_application
    draw { topic("my-topic") { controller type } }
    serving { wait_until("the message") { log.size == 1 } }
    expect(log.pop).to eq("only this")
  end
end
