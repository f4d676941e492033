# frozen_string_literal: true

require_relative "support/rails_app"

# Owns the proof that each job is isolated like a request of the web: no database connection is held when it is over,
# nothing that was cached or current reaches the next one, and Rails is told of its errors.
RSpec.describe "The executor around each job" do
  # Two databases, one of them with a replica, and what looks at their pools.
  files = {
    "config/database.yml" => <<~YAML,
      development:
        primary: &primary
          adapter: sqlite3
          pool: 5
          database: <%= Rails.root.join("db/primary_development.sqlite3") %>
        primary_replica:
          <<: *primary
          replica: true
        other:
          adapter: sqlite3
          pool: 5
          database: <%= Rails.root.join("db/other_development.sqlite3") %>
    YAML
    "app/models/application_record.rb" => <<~RUBY,
      class ApplicationRecord < ActiveRecord::Base
        self.abstract_class = true
        connects_to database: { writing: :primary, reading: :primary_replica }
      end
    RUBY
    "app/models/order.rb" => "class Order < ApplicationRecord\nend\n",
    "app/models/other_record.rb" => <<~RUBY,
      class OtherRecord < ActiveRecord::Base
        self.abstract_class = true
        connects_to database: { writing: :other, reading: :other }
      end
    RUBY
    "app/models/invoice.rb" => "class Invoice < OtherRecord\nend\n",
    "app/models/current.rb" => "class Current < ActiveSupport::CurrentAttributes\n  attribute :user\nend\n",
    "app/models/pools.rb" => <<~RUBY
      module Pools
        # Connections that somebody has, of all pools.
        def self.busy
          handler = ActiveRecord::Base.connection_handler
          pools = handler.respond_to?(:all_connection_pools) ? handler.all_connection_pools : handler.connection_pool_list(:all)
          pools.sum { |pool| pool.stat[:busy] }
        end

        # Takes one of each.
        def self.use
          Order.count
          ApplicationRecord.connected_to(role: :reading) { Order.count }
          Invoice.count
        end
      end
    RUBY
  }.freeze

  let(:app) do
    broker("t" => 1)
    rails_app(databases: %w[primary other]).keep_journal.write(files).tap do |app|
      app.database("primary").execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT)")
      app.database("other").execute("CREATE TABLE invoices (id INTEGER PRIMARY KEY)")
    end
  end

  # One worker, so that nobody else has a connection when a job begins.
  def serve(consumer, route: "", after: "")
    app.write("app/consumers/orders_consumer.rb" => "class OrdersConsumer < Karafka::BaseConsumer\n#{consumer}\nend\n")
    app.karafka("topic(:t) { controller OrdersConsumer\n#{route} }", setup: "config.concurrency = 1", after: after)
    app.server
  end

  def send_each(*payloads)
    app.produce(*payloads.map { |payload| { topic: "t", partition: 0, payload: payload } })
  end

  def expect_journal(*lines)
    wait_until("#{lines} in #{app.journal}") { app.journal.size >= lines.size }
    expect(app.journal.first(lines.size)).to eq(lines)
  end

  [true, false].each do |batch|
    it "holds no connection between jobs, hooks and subscribers#{" of batches" if batch}" do
      server = serve(<<~RUBY, route: "batch_consuming #{batch}", after: <<~AFTER)
        %i[on_assigned on_shutdown].each do |hook|
          define_method(hook) do
            Journal.write("\#{hook} \#{Pools.busy}")
            Pools.use
          end
        end

        def consume
          Journal.write("\#{params_batch.first.raw_payload} \#{attempt} \#{Pools.busy}")
          Pools.use
          raise "no" if attempt == 1 && params_batch.first.raw_payload == "b"
        end
      RUBY
        Karafka.monitor.subscribe("worker.failed") { Pools.use }
      AFTER
      send_each("a")
      wait_until("the first job") { app.journal.size >= 2 }
      send_each("b")
      expect_journal("on_assigned 0", "a 1 0", "b 1 0", "b 2 0")
      server.signal("TERM")
      server.finish
      expect(app.journal.last).to eq("on_shutdown 0")
    end
  end

  it "holds none between turns of poll callbacks" do
    serve(<<~RUBY, route: "batch_consuming false")
      include Karafka::Controllers::Callbacks
      before_poll { Journal.write("before \#{Pools.busy}"); Pools.use }
      after_poll { Pools.use }
      def consume
        Journal.write("consume \#{Pools.busy}")
        Pools.use
      end
    RUBY
    send_each("a")
    wait_until("turns without messages") { app.journal.size >= 5 }
    expect(app.journal.uniq).to eq(["consume 0", "before 0"])
  end

  it "asks the database again in each job, and only once in the same" do
    after = <<~RUBY
      ActiveSupport::Notifications.subscribe("sql.active_record") do |*, event|
        Journal.write(event[:cached] ? "cached" : "asked") if event[:name].to_s.start_with?("Order")
      end
    RUBY
    serve("def consume = 2.times { Order.where(name: \"a\").to_a }", route: "batch_consuming false", after: after)
    # Rails knows a pool from the first use of its model on.
    send_each("a", "b", "c")
    wait_until("three jobs") { app.journal.size >= 6 }
    expect(app.journal.drop(2)).to eq(%w[asked cached asked cached])
  end

  it "forgets current attributes after each job" do
    serve(<<~RUBY, route: "batch_consuming false")
      def consume
        Journal.write("user \#{Current.user.inspect}")
        Current.user = params.raw_payload
      end
    RUBY
    send_each("a", "b")
    expect_journal("user nil", "user nil")
  end

  it "fails a job whose connection is closed, and works at the next attempt" do
    server = serve(<<~RUBY)
      def consume
        Order.connection.raw_connection.close if attempt == 1
        Journal.write("\#{attempt}: \#{Order.create!(name: params.raw_payload).name}")
      end
    RUBY
    send_each("a")
    expect_journal("2: a")
    expect(server.lines.grep(%r{t/0: ActiveRecord::\w+: .*closed})).not_to be_empty
    expect(app.database.execute("SELECT name FROM orders")).to eq([["a"]])
  end

  it "tells Rails of each error once", if: RailsApp.version >= Gem::Version.new("7.0") do
    app.write("config/initializers/errors.rb" => <<~RUBY)
      Reporter = Object.new
      def Reporter.report(error, handled:, **) = Journal.write("\#{error.message} \#{handled}")
      Rails.error.subscribe(Reporter)
    RUBY
    serve(<<~RUBY)
      include Karafka::Controllers::Callbacks
      after_poll { raise "turn" unless @raised.tap { @raised = true } }
      def consume = attempt == 1 && raise("job")
    RUBY
    send_each("a")
    expect_journal("job false", "turn false")
  end
end
