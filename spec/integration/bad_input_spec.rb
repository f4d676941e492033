# frozen_string_literal: true

# Owns the proof that wrong settings, wrong routes, absent brokers and unreadable payloads each give one clear error
# with the value and the cure, that the process goes on where it should, and that no record is lost.
RSpec.describe "Bad input" do
  let(:log) { Queue.new }
  let(:invalid) { Karafka::Errors::InvalidConfiguration }

  def taken
    Array.new(log.size) { log.pop }
  end

  describe "in settings" do
    it "names an unknown one, its value and the nearest that exists" do
      expect { Karafka::App.setup { |config| config.kafka.seed_broker = "kafka://h:1" } }
        .to raise_error(NoMethodError, %r{seed_broker.*kafka://h:1.*did you mean seed_brokers\?})
      expect { Karafka::App.setup { |config| config.zzz = 1 } }
        .to raise_error(NoMethodError, /zzz.*known names: .*client_id/)
    end

    it "hides what an unknown setting holds when its name says it is a secret" do
      expect { Karafka::App.setup { |config| config.kafka.sasl_pasword = "geheim" } }
        .to raise_error(NoMethodError) { |error| expect(error.message).not_to include("geheim") }
    end

    it "tells all that is wrong at once, each with path, value and cure, and no secret" do
      setup_application do |config|
        config.client_id = "no good"
        config.concurrency = 0
        config.shutdown_timeout = "soon"
        config.kafka.seed_brokers = ["nonsense://h"]
        config.kafka.session_timeout = nil
        config.kafka.sasl_plain_password = "geheim"
      end
      expect { Karafka::App.boot! }.to raise_error(invalid) do |error|
        expect(error.problems.size).to be >= 6
        ["client_id is \"no good\"", "concurrency is 0", "shutdown_timeout is \"soon\"", "nonsense://h",
         "kafka.session_timeout is nil", "sasl_plain_username"].each { |text| expect(error.message).to include(text) }
        expect(error.message.lines.drop(1)).to all(match(/ is .* but .*; .+/))
        expect(error.message).not_to include("geheim")
      end
    end

    ["", [], nil, "h", "h:", "h:0", "h:99999", "http://h:1", "kafka://h:1,ssl://h:2", 7, [nil], ":9092", "a b:1"]
      .each do |brokers|
      it "refuses the broker list #{brokers.inspect}" do
        setup_application { |config| config.kafka.seed_brokers = brokers }
        expect { Karafka::App.boot! }.to raise_error(invalid, /seed_brokers.* is .*; /)
      end
    end

    [{ "no.such.property" => "1" }, { "fetch.min.bytes" => "many" }].each do |properties|
      it "names a librdkafka property that cannot be when the server starts: #{properties}" do
        setup_application { |config| config.kafka.librdkafka = properties }
        consumer = controller { nil }
        draw { topic(:t) { controller consumer } }
        expect { Karafka::Server.run }.to raise_error(invalid, /#{properties.keys.first}/)
        expect(Karafka::App).to be_stopped
      end
    end
  end

  describe "in routes" do
    it "names the route without a controller, and every other mistake, at once" do
      setup_application
      expect do
        Karafka::App.consumer_groups.draw do
          topic(:lonely) { batch_consuming true }
          consumer_group(:empty) { nil }
          topic(:odd) { controller String }
        end
      end.to raise_error(invalid) { |error|
        expect(error.message).to match(/lonely.*controller is nil.*write `controller YourController`/)
        expect(error.message).to match(/empty.*at least one topic/)
        expect(error.message).to match(/odd.*controller is String/)
      }
    end

    it "refuses to run with nothing to consume" do
      setup_application
      Karafka::App.boot!
      expect { Karafka::Server.run }.to raise_error(invalid, /consumer_groups\.draw/)
    end
  end

  describe "in payloads" do
    it "raises the same error at each access, keeps the raw payload, and goes on with the others" do
      consumer = controller(log) do
        params_batch.each do |params|
          errors = Array.new(2) do
            params.payload
            nil
          rescue Karafka::Errors::ParserError => e
            e
          end
          log << [params.raw_payload, errors[0].class, errors[0].equal?(errors[1])]
        end
      end
      broker("t" => 1)
      setup_application
      draw_topic(consumer)
      ["1", "{not json", nil, "\xFF\xFE", "[2]"].each { |raw| Karafka.producer.produce_sync(topic: "t", payload: raw) }
      serving { wait_until("all (#{log.size})") { log.size >= 5 } }
      parser = Karafka::Errors::ParserError
      expect(taken).to eq([["1", NilClass, true], ["{not json", parser, true], [nil, NilClass, true],
                           ["\xFF\xFE", parser, true], ["[2]", NilClass, true]])
    end

    it "redelivers the record whose payload nobody rescued, and keeps it out of the log" do
      text = StringIO.new
      consumer = controller(log) { log << (attempt > 2 ? params.raw_payload : params.payload) }
      broker("t" => 1)
      setup_application { |config| config.logger = Logger.new(text) }
      draw { topic(:t) { controller consumer } }
      failures = hear("worker.failed")
      ["1", "geheim", "3"].each { |raw| Karafka.producer.produce_sync(topic: "t", payload: raw) }
      serving { wait_until("all (#{log.size})") { log.size >= 3 } }
      expect(taken.map(&:to_s)).to eq(%w[1 geheim 3])
      expect(failures.map { |failure| [failure[:offset], failure[:error].class] })
        .to eq([[1, Karafka::Errors::ParserError]] * 2)
      expect(text.string).to include("ParserError")
      expect(text.string).not_to include("geheim")
    end
  end

  describe "an unreachable broker" do
    def unreachable
      setup_application { |config| config.kafka.seed_brokers = ["kafka://127.0.0.1:1"] }
      consumer = controller { nil }
      draw { topic(:t) { controller consumer } }
    end

    it "is told as an event, the process goes on trying, and stops quickly" do
      unreachable
      errors = hear("connection.error")
      server = Thread.new { Karafka::Server.run }
      wait_until("the event") { errors.any? }
      expect(errors.first).to include(group: "t", fatal: false)
      expect(errors.map { |error| error[:message] }.join).to include("127.0.0.1:1")
      expect(server).to be_alive
      begun = now
      Karafka::App.stop!
      expect(server.value).to be true
      expect(now - begun).to be < 2
    end

    it "fails a synchronous message with one error that names topic and cure" do
      unreachable
      WaterDrop.setup { |config| config.kafka.delivery_timeout = 1 }
      expect { WaterDrop::SyncProducer.call("1", topic: "t") }
        .to raise_error(Karafka::Errors::DeliveryFailed) { |error|
          expect(error.message).to include("\"t\"").and match(/check|raise|set|see/)
          expect(error.code).to match(/\A_?[A-Z_]+\z/)
        }
    end

    it "beside one that can be reached keeps nothing from working" do
      servers = ["127.0.0.1:1", broker("t" => 1).bootstrap_servers]
      setup_application { |config| config.kafka.seed_brokers = servers }
      consumer = controller(log) { log << params.payload }
      draw { topic(:t) { controller consumer } }
      Karafka.producer.produce_sync(topic: "t", payload: "1")
      serving { wait_until("the record") { log.size == 1 } }
      expect(taken).to eq([1])
    end
  end

  it "in a responder fails the record, which is consumed again, and sends nothing of the failed call" do
    stub_const("Answers", Class.new(Karafka::BaseResponder) do
      topic :answers
      topic :other, required: false

      def respond(attempt)
        respond_to :answers, { attempt: attempt }
        respond_to :other, 1, partition: -7 if attempt == 1
        respond_to :undeclared, 1 if attempt == 2
      end
    end)
    consumer = controller(log) do
      if topic.name == "answers"
        log << params["attempt"]
      else
        respond_with(attempt)
      end
    end
    broker("t" => 1, "answers" => 1)
    setup_application
    draw do
      topic(:t) do
        controller consumer
        responder Answers
      end
      topic(:answers) { controller consumer }
    end
    failures = hear("worker.failed")
    Karafka.producer.produce_sync(topic: "t", payload: "1")
    serving { wait_until("the answer (#{failures})") { log.size == 1 } }
    expect(taken).to eq([3])
    expect(failures.map { |failure| failure[:error].class })
      .to eq([WaterDrop::Errors::InvalidMessageOptions, Karafka::Errors::InvalidResponderUsage])
  end
end
