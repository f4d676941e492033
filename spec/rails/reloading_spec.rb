# frozen_string_literal: true

require_relative "support/rails_app"

# Owns the proof that a running `karafka server` takes up new code in development: at the next job, without a restart,
# without a deadlock, and through broken code.
RSpec.describe "Reloading" do
  let(:app) do
    broker
    rails_app
  end

  # A consumer that writes its version and what it was given.
  def consumer(version, body = "")
    <<~RUBY
      class OrdersConsumer < Karafka::BaseConsumer
        def consume
          #{body}
          Journal.write("#{version} \#{partition} \#{params.raw_payload}")
        end
      end
    RUBY
  end

  def write_consumer(*arguments)
    app.write("app/consumers/orders_consumer.rb" => consumer(*arguments))
  end

  def serve(routes, partitions: 1, setup: "")
    broker("orders" => partitions, "answers" => 1)
    app.keep_journal
    app.karafka(routes, setup: setup)
    app.server
  end

  def send_order(payload, partition = 0)
    app.produce({ topic: "orders", payload: payload.to_s, partition: partition })
  end

  def expect_journal(*lines)
    wait_until("#{lines} in #{app.journal}") { (lines - app.journal).empty? }
  end

  it "takes the new consumer, responder and parser at the next job" do
    write_consumer(1, "respond_with(params.payload)")
    app.write("app/responders/orders_responder.rb" => <<~RUBY, "app/models/shouting.rb" => <<~RUBY)
      class OrdersResponder < Karafka::BaseResponder
        topic :answers
        def respond(data)
          Journal.write("responder 1 \#{data}")
          respond_to :answers, data
        end
      end
    RUBY
      module Shouting
        def self.parse(text) = "\#{text}!"
        def self.generate(object) = object
      end
    RUBY
    serve("topic(:orders) { controller OrdersConsumer; responder OrdersResponder; parser Shouting }")
    send_order("a")
    expect_journal("1 0 a", "responder 1 a!")

    %w[app/consumers/orders_consumer.rb app/responders/orders_responder.rb app/models/shouting.rb].each do |path|
      app.write(path => app.read(path).sub("1 ", "2 ").sub("!\"", "?\""))
    end
    send_order("b")
    expect_journal("2 0 b", "responder 2 b?")
  end

  it "takes new code 20 times while five workers consume and a slow job runs" do
    write_consumer(0)
    server = serve("topic(:orders) { controller OrdersConsumer }", partitions: 5)
    sent = 20.times.flat_map do |version|
      number = version + 1
      # Two of its jobs run for a while; what comes meanwhile waits for the new code with them.
      write_consumer(number, "sleep 0.2 if params.raw_payload.end_with?(\"slow\") # as slow user code does")
      5.times.flat_map do |partition|
        payloads = Array.new(4) { |item| "#{number}-#{item}#{" slow" if item == 1 && partition < 2}" }
        app.produce(*payloads.map { |payload| { topic: "orders", payload: payload, partition: partition } })
        payloads.map { |payload| [partition, payload] }
      end.tap { wait_until("version #{number}") { app.journal.grep(/\A#{number} /).size >= 5 } }
    end
    wait_until("all that was sent", timeout: 60) { app.journal.size >= sent.size }
    seen = app.journal.map { |line| line.split(" ", 3) }
    expect(seen.map { |_, partition, payload| [partition.to_i, payload] }).to match_array(sent)
    expect(seen).to all(satisfy { |version, _, payload| version.to_i >= payload.to_i })
    server.signal("TERM")
    expect(server.finish.code).to eq(0)
  end

  it "fails the job while a file is broken, and goes on when it is mended" do
    write_consumer(1)
    server = serve("topic(:orders) { controller OrdersConsumer }")
    send_order("a")
    expect_journal("1 0 a")

    app.write("app/consumers/orders_consumer.rb" => consumer(1).sub("consume", "consume("))
    send_order("b")
    server.line(%r{orders/0: SyntaxError: .*app/consumers/orders_consumer.rb:\d+: })
    write_consumer(2)
    expect_journal("2 0 b")

    File.delete(app.file("app/consumers/orders_consumer.rb"))
    send_order("c")
    server.line(/MissingClass: .*topic orders: controller is OrdersConsumer but there is no such class \(looked for o/)
    write_consumer(3)
    expect_journal("3 0 c")
    expect(server.alive?).to be(true)
  end

  it "goes on when the routes of the web are broken and mended" do
    write_consumer(1)
    server = serve("topic(:orders) { controller OrdersConsumer }")
    app.write("config/routes.rb" => "Rails.application.routes.draw do\n  nonsense\nend\n")
    send_order("a")
    server.line(/orders.0: .*NameError: undefined local variable or method .nonsense/)
    app.routes("")
    expect_journal("1 0 a")
  end

  it "has on_assigned run again in the instance that takes over, and finds hooks that are new" do
    write_consumer(1)
    server = serve("topic(:orders) { controller OrdersConsumer }")
    send_order("a")
    expect_journal("1 0 a")
    app.write("app/consumers/orders_consumer.rb" => consumer(2).sub("def consume", <<~RUBY))
      def on_assigned = Journal.write("on_assigned 2")
      def on_shutdown = Journal.write("bye")
      def consume
    RUBY
    send_order("b")
    expect_journal("2 0 b")
    server.signal("TERM")
    server.finish
    expect(app.journal).to eq(["1 0 a", "on_assigned 2", "2 0 b", "bye"])
  end

  it "loads consumers that are routed by name when the server starts, and not in a web process" do
    write_consumer(1)
    app.write("app/consumers/orders_consumer.rb" => "Journal.write(\"loaded\")\n#{consumer(1)}")
    serve('topic(:orders) { controller "OrdersConsumer" }')
    send_order("a")
    expect_journal("loaded", "1 0 a")
    app.write("journal" => "")
    ended = app.runner('WaterDrop::SyncProducer.call("b", topic: "orders", partition: 0)')
    expect(ended.code).to eq(0), ended.err
    expect_journal("1 0 b")
    expect(app.journal).to eq(["1 0 b"])
  end
end
