# frozen_string_literal: true

require_relative "support/rails_app"
require_relative "../docs/guides/run"
require_relative "../docs/named_tests"

# Owns the truth of docs/rails.md: its generators are run, its files are an application that consumes and produces, and
# the tests that it names are there.
RSpec.describe "docs/rails.md" do
  path = File.join(Children::ROOT, "docs/rails.md")
  text = File.read(path, encoding: "UTF-8")

  it "shows an application that works" do
    broker("orders" => 1, "orders_processed" => 1, "placed" => 1)
    app = rails_app
    app.database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, number TEXT)")
    text.scan(%r{^\$ bin/rails (generate .*)$}).flatten.each do |command|
      ended = app.run(:rails, *command.split)
      expect([ended.code, ended.err]).to eq([0, ""])
    end
    made = Guide.blocks(path).map { |_, code| [code[/\A# (\S+)\n/, 1], code] }
    expect(made.map(&:first)).to eq(%w[app/consumers/orders_consumer.rb app/responders/orders_responder.rb karafka.rb
                                       app/models/order.rb])
    # Generated, or not there yet.
    expect(made.first(3).map { |file, _| app.read(file) }).to all(be_a(String))
    app.write(made.to_h)
    server = app.start(:ruby, "bin/karafka", "server")
    app.produce({ topic: "orders", payload: '{"number":"a-1"}' })
    wait_until("the order", timeout: 60) { app.database.execute("SELECT number FROM orders") == [["a-1"]] }
    server.signal("TERM")
    expect(server.finish.code).to eq(0)
    expect(payloads("placed")).to match([/"number":"a-1"/])
    expect(payloads("orders_processed")).to eq(['{"id":1}'])
  end

  # @return [Array<String>] what is in a topic
  def payloads(name)
    log = Queue.new
    setup_application
    Karafka::App.consumer_groups.clear
    consumer = controller(log) { log << params.raw_payload }
    draw { topic(name) { controller consumer } }
    Karafka::App.status.reset!
    serving { wait_until("a message in #{name}") { log.size.positive? } }
    Array.new(log.size) { log.pop }
  end

  it "names tests that are there" do
    NamedTests.in(text).each do |file, names|
      source = File.read(NamedTests.find(file), encoding: "UTF-8")
      names.each { |name| expect(source).to include("\"#{name}\"") }
    end
  end
end
