# frozen_string_literal: true

# Owns the proof that the application code that articles about Karafka 1.1 print runs as it stands there. Only what the
# articles leave out (settings that are the reader's own, the missing `end`s) is ours.
RSpec.describe "The applications of the articles" do
  let(:log) { Queue.new }

  before do
    broker("user_events" => 1, "my-topic" => 1, "regular_topic" => 1, "async_topic" => 1, "started" => 1)
    received = log
    stub_const("LOG", received)
  end

  def taken
    Array.new(log.size) { log.pop }
  end

  # `class App < Karafka::App` of the articles, with what makes examples quick. A second start of the same application
  # keeps its routes.
  def boot(type)
    setup_application { |config| config.kafka.session_timeout = 1.5 }
    stub_const("App", type)
  end

  def restart
    Karafka::App.status.reset!
  end

  def published(topic, count = 1)
    received = Queue.new
    reader = controller { received << params.raw_payload }
    Karafka::App.consumer_groups.clear
    restart
    draw { topic(topic) { controller reader } }
    serving { wait_until("#{count} messages of #{topic}") { received.size >= count } }
    Array.new(received.size) { received.pop }
  end

  describe "manual offset management" do
    def define_events_controller
      stub_const("EventsController", Class.new(Karafka::BaseController) do
        def consume
          LOG << params_batch.map { |params| params["id"] }
          return if LOG.size > 1

          # Do something with messages
          # And now mark last message as consumed,
          # so we won't consume any of already processed messages again
          consumer.mark_as_consumed params_batch.to_a.last
        end
      end)
    end

    it "goes on behind the mark after a restart, and repeats what was not marked" do
      define_events_controller
      boot(Class.new(Karafka::App))
      App.consumer_groups.draw do
        consumer_group :events do
          automatically_mark_as_consumed false

          topic :user_events do
            controller EventsController
          end
        end
      end
      App.boot!

      send_ids = ->(ids) { ids.each { |id| WaterDrop::SyncProducer.call({ id: id }.to_json, topic: "user_events") } }
      send_ids.call([1])
      serving { wait_until("the first batch") { log.size == 1 } }
      send_ids.call([2])
      restart
      serving { wait_until("the second batch") { log.size == 2 } }
      restart
      serving { wait_until("the second batch again") { log.size == 3 } }
      expect(taken).to eq([[1], [2], [2]])
    end

    it "commits nothing by itself, on the app level either" do
      consumer = controller(log) { log << params.offset }
      boot(Class.new(Karafka::App))
      App.setup { |config| config.automatically_mark_as_consumed = false }
      draw { topic(:user_events) { controller consumer } }
      2.times { WaterDrop::SyncProducer.call("1", topic: "user_events") }
      2.times do |round|
        serving { wait_until("two messages") { log.size == (round + 1) * 2 } }
        restart
      end
      expect(taken).to eq([0, 1, 0, 1])
    end
  end

  describe "WaterDrop" do
    def application(env)
      kafka = Struct.new(:seed_brokers).new(["kafka://#{broker.bootstrap_servers}"])
      stub_const("Settings", Struct.new(:kafka, :name).new(kafka, "shop"))
      boot(Class.new(Karafka::App))
      Karafka.env = env
      App.setup do |config|
        config.kafka.seed_brokers = ::Settings.kafka.seed_brokers
        config.kafka.offset_commit_threshold = 30
        config.client_id = ::Settings.name
      end
      App.consumer_groups.draw do
        # consumer groups definitions go here
      end
      App.boot!
      # Overwrite default delivery setting and don't send in the test env
      WaterDrop.setup do |water_config|
        water_config.deliver = !Karafka.env.test?
      end
    end

    around do |example|
      before = Karafka.env
      example.run
    ensure
      Karafka.env = before
    end

    it "sends synchronously and asynchronously with the settings of the application" do
      application("production")
      expect(WaterDrop.config.client_id).to eq("shop")
      # For sync
      WaterDrop::SyncProducer.call("message", topic: "my-topic")
      # or for async
      WaterDrop::AsyncProducer.call("message", topic: "my-topic")
      Karafka.producer.flush(10)
      expect(published("my-topic", 2)).to eq(%w[message message])
    end

    it "checks and sends nothing in the test env" do
      application("test")
      expect(WaterDrop::SyncProducer.call("message", topic: "my-topic")).to be_nil
      expect { WaterDrop::AsyncProducer.call("message", topic: "no good") }
        .to raise_error(WaterDrop::Errors::InvalidMessageOptions, /no good/)
      application("production")
      WaterDrop::SyncProducer.call("\"real\"", topic: "my-topic")
      expect(published("my-topic")).to eq(["\"real\""])
    end
  end

  describe "a responder with an async topic" do
    def define_responders
      stub_const("ApplicationResponder", Class.new(Karafka::BaseResponder))
      stub_const("ExampleResponder", Class.new(ApplicationResponder) do
        topic :regular_topic
        topic :async_topic, async: true

        def respond(user, profile)
          respond_to :regular_topic, user
          # This will be sent async
          respond_to :async_topic, profile
        end
      end)
    end

    it "sends to both when a controller responds" do
      define_responders
      consumer = controller(log) do
        respond_with(params["user"], params["profile"])
        log << params.offset
      end
      boot(Class.new(Karafka::App))
      draw do
        topic :started do
          controller consumer
          responder ExampleResponder
        end
      end
      WaterDrop::SyncProducer.call({ user: { id: 1 }, profile: [2] }.to_json, topic: "started")
      serving { wait_until("the answer") { log.size == 1 } }
      expect(published("regular_topic")).to eq(['{"id":1}'])
      expect(published("async_topic")).to eq(["[2]"])
    end

    it "does not wait for the async topic" do
      stub_const("AsyncOnly", Class.new(Karafka::BaseResponder) do
        topic :async_topic, async: true
        def respond(data)
          respond_to :async_topic, data
        end
      end)
      boot(Class.new(Karafka::App))
      App.setup { |config| config.kafka.seed_brokers = ["kafka://127.0.0.1:1"] }
      App.boot!
      WaterDrop.setup { |config| config.kafka.delivery_timeout = 1 }
      failures = hear("producer.delivery_failed")
      begun = now
      AsyncOnly.call("lost")
      expect(now - begun).to be < 0.5
      wait_until("the report", timeout: 5) { failures.any? }
      expect(failures.first).to include(topic: "async_topic", payload: "lost")
    end
  end
end
