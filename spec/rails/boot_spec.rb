# frozen_string_literal: true

require_relative "support/rails_app"

# Owns the proof of how `karafka server` starts in a Rails application, and how it refuses to: with a clear line, exit
# code 1 and nothing left running.
RSpec.describe "Booting in Rails" do
  let(:app) do
    broker("orders" => 1)
    rails_app.keep_journal
  end

  def consumer(body = "Journal.write(params.raw_payload)")
    "class OrdersConsumer < Karafka::BaseConsumer\n  def consume\n    #{body}\n  end\nend\n"
  end

  def route(word = "controller OrdersConsumer", **how)
    app.write("app/consumers/orders_consumer.rb" => consumer) unless how.delete(:bare)
    app.karafka("topic(:orders) { #{word} }", **how)
  end

  def send_order(payload = "a")
    app.produce({ topic: "orders", payload: payload })
  end

  # @return [Array<String>] what the server printed
  def expect_served(env: {})
    server = app.server(env: env)
    send_order
    wait_until("the message") { app.journal.include?("a") }
    server.signal("TERM")
    ended = server.finish
    expect([ended.code, ended.err]).to eq([0, ""])
    ended.out
  end

  def expect_refused(pattern, *arguments, env: {})
    ended = app.run(:karafka, "server", *arguments, env: env)
    expect([ended.code, ended.out.grep(/running/)]).to eq([1, []])
    expect(ended.err).to match(/\Akarafka: /).and match(pattern)
    expect(ended.err.lines.size).to eq(1), ended.err
  end

  describe "what is well" do
    it "serves with Rails' environment and logger, and shows the log in development" do
      route(after: 'Journal.write([Karafka.env, Karafka.logger.equal?(Rails.logger), Karafka.root.to_s].join(" "))')
      expect(expect_served).to include("Environment: development", "orders: assigned orders/0")
      expect(app.journal.first).to eq("development true #{app.root}")
      expect(app.lines("log/development.log")).to include("orders: assigned orders/0")
    end

    it "loads all code in production, and shows no log" do
      route('controller "OrdersConsumer"', after: "Journal.write(Object.autoload?(:OrdersConsumer).inspect)")
      app.env["RAILS_ENV"] = "production"
      expect(expect_served.grep(/assigned/)).to eq([])
      expect(app.journal.first).to eq("nil")
      expect(app.lines("log/production.log")).to include("orders: assigned orders/0")
    end

    it "takes KARAFKA_ENV for RAILS_ENV where only that is given" do
      route(after: "Journal.write([Rails.env, Karafka.env].join(' '))")
      app.env["RAILS_ENV"] = nil
      ended = app.run(:karafka, "info", env: { "KARAFKA_ENV" => "production" })
      expect([ended.code, app.journal]).to eq([0, ["production production"]])
    end

    it "keeps a logger of the user's" do
      route(setup: 'config.logger = Logger.new(Rails.root.join("own.log"))')
      server = app.start(:karafka, "server")
      wait_until("a log") { app.read("own.log").to_s.include?("assigned") }
      server.signal("TERM")
      expect(server.finish.out.grep(/assigned/)).to eq([])
    end

    it "accepts a karafka.rb that loads the application by itself, and boots" do
      route(after: "KarafkaApp.boot!")
      app.write("karafka.rb" => <<~RUBY)
        ENV["RAILS_ENV"] ||= "development"
        ENV["KARAFKA_ENV"] = ENV["RAILS_ENV"]
        require File.expand_path("config/environment", __dir__)
        Rails.application.eager_load!
        Journal.write("boots")
        #{app.read("karafka.rb")}
      RUBY
      expect_served
      expect(app.runner("p Karafka::App.config.client_id").out).to eq(['"rails_app"'])
      expect(app.run(:ruby, "-rkarafka_rs", "-e", "require './karafka'; p Rails.env").out).to eq(['"development"'])
      expect(app.journal.count("boots")).to eq(3)
    end

    it "does without a karafka.rb in processes of the web" do
      expect(app.runner("p Karafka::App.consumer_groups.size").out).to eq(["0"])
    end

    it "opens a console with the application" do
      route
      ended = app.run(:rails, "runner", "p Karafka::App.consumer_groups.map(&:name), Karafka::App.booted?")
      expect(ended.out).to eq(['["orders"]', "true"])
    end

    it "keeps what tests produce, and sends it when the application wants that" do
      route
      code = 'Karafka.producer.produce_sync(topic: "orders", payload: "x"); p Karafka::Testing.produced.size'
      app.env["RAILS_ENV"] = "test"
      expect(app.runner(code).out).to eq(["1"])
      app.write("config/initializers/deliver.rb" => "Rails.application.config.karafka.deliver = true\n")
      expect(app.runner("p defined?(Karafka::Testing), Karafka.producer.class").out).to eq(%w[nil Karafka::Producer])
    end

    it "keeps what tests produce without a karafka.rb, too" do
      app.env["RAILS_ENV"] = "test"
      code = 'Karafka.producer.produce_sync(topic: "orders", payload: "x"); p Karafka::Testing.produced.size'
      expect(app.runner(code).out).to eq(["1"])
    end

    it "boots in the test environment and sends what the server produces" do
      app.env["RAILS_ENV"] = "test"
      route(bare: true)
      app.write("app/consumers/orders_consumer.rb" => consumer(<<~RUBY))
        Journal.write(params.raw_payload)
        Karafka.producer.produce_sync(topic: "orders", payload: "b") if params.raw_payload == "a"
      RUBY
      app.server
      send_order
      wait_until("what the consumer sent") { app.journal == %w[a b] }
    end
  end

  # As `rails new` has it in development; with a migration.
  def check_migrations
    text = app.read("config/application.rb")
    app.write("config/application.rb" =>
                text.sub("config.hosts.clear", "config.active_record.migration_error = :page_load"),
              "db/migrate/20200101000000_create_orders.rb" => <<~RUBY)
                class CreateOrders < ActiveRecord::Migration[6.1]
                  def change = create_table(:orders)
                end
              RUBY
  end

  describe "what is missing or wrong" do
    it "refuses to start without karafka.rb, at once" do
      expect_refused(%r{/karafka.rb does not exist; .*rails generate karafka_rs:install})
    end

    it "names the route, the constant and the file of a class that is not there" do
      route(bare: true)
      route_and_class = "consumer group orders, topic orders names OrdersConsumer, and there is no such class"
      looked = "(looked for orders_consumer.rb in app/consumers); define it, or mend the route"
      expect_refused(/karafka.rb:\d+: #{Regexp.escape("#{route_and_class} #{looked}")}$/)
      route("controller Admin::OrdersConsumer", bare: true)
      app.write("app/consumers/admin/other_consumer.rb" => "class Admin::OtherConsumer < Karafka::BaseConsumer\nend\n")
      expect_refused(%r{names Admin::OrdersConsumer, and there .*looked for admin/orders_consumer.rb in app/consumers})
      ended = app.runner("1")
      expect([ended.code, ended.err]).to match([1, /names Admin::OrdersConsumer, and there is no such class/])
    end

    it "names them too when the route gives the class by its name" do
      route('controller "OrdersConsumer"', bare: true)
      expect_refused(/topic orders: controller is "OrdersConsumer" but there is no such class \(looked for orders_cons/)
    end

    it "says when a file does not define its class" do
      route(bare: true)
      app.write("app/consumers/orders_consumer.rb" => "class OrderConsumer\nend\n")
      expect_refused(%r{expected file .*app/consumers/orders_consumer.rb to define constant OrdersConsumer})
    end

    it "names file and line of code that Ruby cannot read" do
      route(bare: true)
      app.write("app/consumers/orders_consumer.rb" => "class OrdersConsumer\n  def consume(\nend\n")
      expect_refused(%r{cannot be loaded: .*app/consumers/orders_consumer.rb:3: })
    end

    it "tells every broken setting" do
      route(setup: "config.shutdown_timeout = -1\nconfig.executor = 5")
      ended = app.run(:karafka, "server")
      expect([ended.code, ended.err]).to match([1, /executor is 5 but must answer wrap.*shutdown_timeout is -1/])
    end

    it "refuses to start while migrations are pending, as pages do" do
      check_migrations
      route
      expect_refused(%r{migrations are pending; run bin/rails db:migrate RAILS_ENV=development})
      expect(app.run(:rails, "db:migrate").code).to eq(0)
      expect_served
    end

    it "starts without the database, says so, and fails only jobs that need it" do
      app.write("config/database.yml" => <<~YAML)
        development: { adapter: postgresql, host: 127.0.0.1, port: #{app.free_port}, database: none, user: none }
      YAML
      check_migrations
      route(bare: true)
      app.write("app/consumers/orders_consumer.rb" => consumer(<<~RUBY))
        ActiveRecord::Base.connection.execute("SELECT 1") if params.raw_payload == "needs"
        Journal.write(params.raw_payload)
      RUBY
      server = app.server
      # In the words of Rails 6.1, then of 7.2.
      away = /ActiveRecord::\w+: .*(refused|issue connecting)/
      server.line(/the database could not be asked for pending migrations \(#{away}/)
      send_order("a")
      wait_until("the message") { app.journal == ["a"] }
      send_order("needs")
      server.line(%r{orders/0: #{away}})
      expect(server.alive?).to be(true)
    end

    it "goes on trying when Kafka is away, says so, and ends when it is told to" do
      app.env["KAFKA_BROKERS"] = "127.0.0.1:#{app.free_port}"
      route
      server = app.server
      server.line(/orders: _TRANSPORT .*Connection refused.*; check kafka.seed_brokers and that the brokers run/)
      server.signal("TERM")
      expect(server.finish.code).to eq(0)
    end

    it "gives a request an error when Kafka is away" do
      app.env["KAFKA_BROKERS"] = "127.0.0.1:#{app.free_port}"
      route(after: "WaterDrop.config.kafka.delivery_timeout = 0.5")
      ended = app.runner('begin; Karafka.producer.produce_sync(topic: "orders", payload: "a")
                          rescue => e; puts e.class; end')
      expect(ended.out).to eq(["Karafka::Errors::DeliveryFailed"])
    end
  end
end
