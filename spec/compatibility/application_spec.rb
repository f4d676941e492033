# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that a whole application of Karafka 1.1 runs as it is written, and that the gem brings nothing along
# that such an application could collide with.
RSpec.describe "An application of Karafka 1.1" do
  # As applications had it: karafka.rb with an app class of its own, settings, both styles of routes, boot, WaterDrop.
  let(:karafka_rb) { <<~RUBY }
    require "karafka"

    class EventsController < Karafka::BaseController
      def consume
        params_batch.each { |params| puts "event \#{params[:id]} of \#{topic.name}" }
        consumer.mark_as_consumed params_batch.to_a.last
        respond_with params_batch.first
      end
    end

    class EventsResponder < Karafka::BaseResponder
      topic :solo

      def respond(params)
        respond_to :solo, { id: params[:id] }, key: "k"
      end
    end

    class SoloController < Karafka::BaseController
      def consume
        puts "solo \#{params[:id]} key \#{params.key}"
      end
    end

    class App < Karafka::App
      setup do |config|
        config.client_id = 'example_app'
        config.kafka.seed_brokers = ["kafka://\#{ENV.fetch("BROKERS")}"]
        config.logger = Logger.new(IO::NULL)
      end

      consumer_groups.draw do
        consumer_group :events do
          automatically_mark_as_consumed false
          topic :user_events do
            controller EventsController
            batch_consuming true
          end
        end

        topic :solo do
          controller SoloController
        end
      end
    end
    App.boot!
    WaterDrop.setup { |c| c.deliver = !Karafka.env.test? }
    $stdout.sync = true
  RUBY

  it "boots, consumes, marks, responds and stops with its server" do
    broker("user_events" => 1, "solo" => 1)
    server = karafka_server(karafka_rb)
    Karafka::App.config.logger = Logger.new(IO::NULL)
    WaterDrop.setup { |config| config.kafka.seed_brokers = broker.bootstrap_servers }
    WaterDrop::SyncProducer.call('{"id":7}', topic: "user_events")
    server.line("event 7 of user_events")
    server.line("solo 7 key k")
    server.signal("TERM")
    expect(server.finish.code).to eq(0)
    at = [{ "bootstrap.servers" => broker.bootstrap_servers, "group.id" => "example_app_events" }, [["user_events", 0]]]
    expect(Karafka::Native.positions(*at, 10).first).to include(committed: 1)
  end

  it "knows its environment from the variables of 1.1, and sends nothing in the test environment" do
    broker("user_events" => 1, "solo" => 1)
    script = "#{karafka_rb}\nWaterDrop::SyncProducer.call('1', topic: 'solo')\n" \
             "puts Karafka.env, App.env.test?, WaterDrop.config.deliver, Karafka.root, Karafka.boot_file\n"
    env = { "KARAFKA_ENV" => "test", "RACK_ENV" => "production", "KARAFKA_ROOT_DIR" => "/app",
            "KARAFKA_BOOT_FILE" => "/app/boot.rb" }
    expect(run_child(script, env: env).out).to eq(%w[test true false /app /app/boot.rb])
    expect(run_child(script, env: { "KARAFKA_ENV" => nil, "RACK_ENV" => "staging" }).out.first(3))
      .to eq(%w[staging false true])
  end

  it "finds no method of Ruby's own changed, and no gem to collide with" do
    ended = run_child(<<~RUBY)
      types = [Object, Kernel, Module, Class, String, Symbol, Hash, Array, Integer, NilClass, Proc, Time, Enumerable]
      changed = types.flat_map do |type|
        (type.instance_methods(false) + type.private_instance_methods(false)).filter_map do |name|
          file, = type.instance_method(name).source_location
          [type, name] if file.to_s.start_with?(File.join("#{Children::ROOT}", "lib"))
        end
      end
      loaded = $LOADED_FEATURES.grep(/active_support|dry[-\\/]|multi_json|thor/)
      p changed, loaded
    RUBY
    expect([ended.code, ended.out]).to eq([0, %w[[] []]])
    specification = Gem::Specification.load(File.join(Children::ROOT, "karafka_rs.gemspec"))
    expect(specification.runtime_dependencies.map(&:name)).to eq(%w[rb_sys])
  end

  describe "has hooks and state" do
    include_context "with a fresh app"

    it "and configurators that boot! runs with the settings" do
      seen = []
      type = Class.new(Karafka::Setup::Configurators::Base) { define_method(:setup) { seen << config.client_id } }
      Karafka::App.boot!
      expect(seen).to eq(["example_app"])
    ensure
      Karafka::Setup::Configurators::Base.all.delete(type)
    end

    it "of the process, for every class below Karafka::App alike" do
      one, other = Array.new(2) { Class.new(Karafka::App) }
      one.setup { |config| config.batch_consuming = true }
      expect([other.config.batch_consuming, other.initializing?, other.running?, other.stopped?])
        .to eq([true, true, false, false])
      other.run!
      expect([one.running?, Karafka::App.initializing?]).to eq([true, false])
      expect([one.logger, one.monitor, one.env, one.root])
        .to eq([Karafka.logger, Karafka.monitor, Karafka.env, Karafka.root])
    end

    it "that is stopped from the moment a stop is asked for" do
      Karafka::App.run!
      Karafka::App.stop!
      expect([Karafka::App.stopped?, Karafka::App.running?]).to eq([true, false])
    end

    it "and a logger that is read once and kept" do
      Karafka::App.config.logger = -> { Logger.new(IO::NULL) }
      expect(Karafka.logger).to be(Karafka.logger)
      expect(Karafka::Logger.ancestors).to include(Logger, Singleton)
    end
  end

  describe "has a parser of its own" do
    # Each is a class or a module with the two methods of 1.1.
    let(:parser) do
      Module.new do
        def self.parse(content)
          raise Karafka::Errors::ParserError, "no pair" unless content.include?("=")

          content.split("=").each_slice(2).to_h
        end

        def self.generate(object) = object.to_a.flatten.join("=")
      end
    end

    it "at the root or in a route, for both directions" do
      log = Queue.new
      broker("t" => 1, "json" => 1)
      own = parser
      setup_application { |config| config.parser = own }
      reads = controller(log) { log << [topic.name, params[:a], params.to_h.key?("a")] }
      draw do
        topic(:t) { controller reads }
        topic(:json) { controller(reads) && parser(Karafka::Parsers::Json) }
      end
      WaterDrop::SyncProducer.call("a=1", topic: "t")
      WaterDrop::SyncProducer.call('{"a":2}', topic: "json")
      serving { wait_until("both") { log.size == 2 } }
      expect(Array.new(2) { log.pop }).to contain_exactly(["t", "1", true], ["json", 2, true])
    end

    it "whose errors fail the message, which comes again" do
      log = Queue.new
      broker("t" => 1)
      own = parser
      setup_application { |config| config.parser = own }
      failures = hear("worker.failed")
      reads = controller(log) { log << (attempt == 1 ? params[:a] : params[:value]) }
      draw { topic(:t) { controller reads } }
      WaterDrop::SyncProducer.call("broken", topic: "t")
      serving { wait_until("the second attempt") { log.size == 1 } }
      expect(log.pop).to eq("broken")
      expect(failures.map { |it| [it[:error].class, it[:error].message] })
        .to eq([[Karafka::Errors::ParserError, "no pair"]])
    end
  end
end
