# frozen_string_literal: true

require_relative "support/rails_app"

# Owns the proof of what the generators make, that it runs, and that they change nothing that they do not understand.
RSpec.describe "Generators" do
  def app(tests: :rspec)
    require_tests = { rspec: "rspec-rails", test_unit: "rails/test_unit/railtie" }.fetch(tests)
    @app ||= begin
      broker
      rails_app.tap do |app|
        text = app.read("config/application.rb")
        app.write("config/application.rb" => text.sub("require \"karafka_rs\"", "\\0\nrequire \"#{require_tests}\""))
      end
    end
  end

  # @return [Array<String>] what the generator said
  def generate(*arguments, command: "generate")
    ended = app.run(:rails, command, *arguments)
    expect([ended.code, ended.err]).to eq([0, ""])
    ended.out
  end

  def controller(*arguments, **how)
    generate("karafka_rs:controller", *arguments, **how)
  end

  def routes
    app.read("karafka.rb")[/^  consumer_groups.draw do\n(.*)^  end\n^end/m, 1]
  end

  it "makes an application that consumes, with its specs" do
    generate("karafka_rs:install")
    controller("Orders")
    expect(File.executable?(app.file("bin/karafka"))).to be(true)
    expect(routes).to eq(<<-RUBY)
    topic :orders do
      controller OrdersConsumer
      responder OrdersResponder
    end
    RUBY
    broker("orders" => 1)
    app.produce({ topic: "orders", payload: '{"id":1}' })
    server = app.start(:ruby, "bin/karafka", "server")
    server.line(%r{ orders/0: offset 0\z})
    server.signal("TERM")
    expect(server.finish.code).to eq(0)
  end

  it "makes files for RSpec, and for Minitest" do
    generate("karafka_rs:install")
    controller("Orders")
    made = %w[karafka.rb app/consumers/application_consumer.rb app/consumers/orders_consumer.rb
              app/responders/application_responder.rb app/responders/orders_responder.rb bin/karafka
              spec/consumers/orders_consumer_spec.rb spec/karafka_helper.rb]
    expect(made.reject { |path| app.read(path) }).to eq([])
    expect(Dir.exist?(app.file("app/controllers"))).to be(false)
    @app = nil
    app(tests: :test_unit)
    generate("karafka_rs:install")
    controller("Orders")
    expect(app.read("test/consumers/orders_consumer_test.rb")).to include("class OrdersConsumerTest <")
    expect(app.read("test/karafka_test_helper.rb")).to include('require "karafka_rs/testing/minitest"')
  end

  it "changes nothing when it is run again" do
    generate("karafka_rs:install")
    controller("Orders")
    app.write("karafka.rb" => app.read("karafka.rb").sub("    topic :orders do", "    topic(:orders) do # mine"))
    before = app.read("karafka.rb")
    expect(generate("karafka_rs:install", "--skip").join).to include("skip  karafka.rb")
    expect(controller("Orders").join).to include("identical  karafka.rb")
    expect(app.read("karafka.rb")).to eq(before)
  end

  it "undoes what it made" do
    generate("karafka_rs:install")
    before = app.read("karafka.rb")
    controller("Orders")
    controller("Admin::Refunds", "--topic", "refunds.v1", "--batch")
    controller("Admin::Refunds", "--topic", "refunds.v1", "--batch", command: "destroy")
    controller("Orders", command: "destroy")
    expect(app.read("karafka.rb")).to eq(before)
    left = Dir[app.file("{app,spec}/{consumers,responders}/**/*.rb")].map { |path| File.basename(path) }
    expect(left).to match_array(%w[application_consumer.rb application_responder.rb])
  end

  {
    "Admin::Orders" => ["admin/orders", ":admin_orders"], "admin/orders" => ["admin/orders", ":admin_orders"],
    "orders" => ["orders", ":orders"], "Order" => ["order", ":order"], "OrdersConsumer" => ["orders", ":orders"],
    "orders_controller" => ["orders", ":orders"], "LineItems" => ["line_items", ":line_items"]
  }.each do |name, (path, topic)|
    it "makes #{path} of #{name}" do
      generate("karafka_rs:install")
      generate("karafka_rs:consumer", name)
      type = path.split("/").map { |part| part.split("_").map(&:capitalize).join }.join("::")
      expect(app.read("app/consumers/#{path}_consumer.rb")).to include("class #{type}Consumer < ApplicationConsumer")
      expect(routes).to include("topic #{topic} do")
    end
  end

  ["1orders", "orders!", "Admin::", "Consumer", "Application", "Ordérs", "../orders"].each do |name|
    it "refuses the name #{name}" do
      app.karafka("")
      ended = app.run(:rails, "generate", "karafka_rs:controller", name)
      expect(ended.code).to eq(1)
      expect(ended.err).to match(/\Akarafka_rs: the name .* cannot be; .*\n\z/)
      expect(Dir.exist?(app.file("app"))).to be(false)
    end
  end

  it "refuses a topic that Kafka does not have" do
    ended = app.run(:rails, "generate", "karafka_rs:controller", "orders", "--topic", "a b")
    expect([ended.code, ended.err]).to match([1, /\Akarafka_rs: the topic "a b" cannot be; .*\n\z/])
  end

  it "says what to add when it does not understand karafka.rb, and without one what to run" do
    expect(controller("Orders").join("\n")).to include("missing  karafka.rb; run rails generate karafka_rs:install")
    app.write("karafka.rb" => <<~RUBY)
      Karafka::App.config.client_id = "a"
      Karafka::App.config.kafka.seed_brokers = "a:1"
    RUBY
    expect(controller("Orders", "--skip").join("\n")).to include("add this to its routes:\n\ntopic :orders do\n")
    expect(app.read("karafka.rb").lines.size).to eq(2)
  end

  it "makes the same by `karafka install`" do
    generate("karafka_rs:install")
    files = %w[karafka.rb app/consumers/application_consumer.rb app/responders/application_responder.rb bin/karafka
               spec/karafka_helper.rb]
    made = files.to_h { |path| [path, app.read(path)] }
    files.each { |path| File.delete(app.file(path)) }
    expect(app.run(:karafka, "install").code).to eq(0)
    expect(files.to_h { |path| [path, app.read(path)] }).to eq(made)
    expect(File.executable?(app.file("bin/karafka"))).to be(true)
  end
end
