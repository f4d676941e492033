# frozen_string_literal: true

require "spec_helper"
require_relative "support/shop"

# examples/rails_shop from end to end: orders over HTTP, Kafka, the projection and the receipts, each table compared
# with the orders. RUNS=20 does it so often; the default is once. The seed is that of RSpec.
RSpec.describe "examples/rails_shop" do
  total = 1_000
  runs = Integer(ENV.fetch("RUNS", "1"))

  define_method(:rows) { |sql| ActiveRecord::Base.connection.select_rows(sql).map { |row| row.map(&:to_s) } }
  define_method(:count) { |table| rows("SELECT COUNT(*) FROM #{table}").first.first.to_i }

  define_method(:with_shop) do |kind, dice, &block|
    own = Karafka::EmbeddedBroker.start(topics: { "orders" => 4, "default" => 4 })
    url = new_database(kind)
    shop = Shop.new(self, url: url, servers: own.bootstrap_servers, dice: dice).open
    ActiveRecord::Base.establish_connection(url)
    block.call(shop)
    # Puma ends itself by the signal that asked it to.
    expect(shop.close).to eq(["TERM", 0])
  ensure
    end_children
    own&.close
  end

  define_method(:expect_equal_tables) do |shop|
    # What comes twice comes in order: behind the last one nothing is under way.
    wait_until("#{total} sales (#{count("sales")}) and receipts (#{count("receipts")}) #{shop.log}", timeout: 60) do
      count("sales") >= total && count("receipts") >= total
    end
    orders = rows("SELECT DATE(created_at), product, COUNT(*), SUM(cents) FROM orders GROUP BY 1, 2 ORDER BY 1, 2")
    expect(rows("SELECT day, product, sold, cents FROM daily_sales ORDER BY 1, 2")).to eq(orders)
    ids = rows("SELECT id FROM orders ORDER BY id")
    expect(ids.size).to eq(total)
    expect(rows("SELECT order_id FROM sales ORDER BY order_id")).to eq(ids)
    expect(rows("SELECT order_id FROM receipts ORDER BY order_id")).to eq(ids)
    expect(count("orders WHERE announced_at IS NULL")).to eq(0)
    orders.each { |_, product, sold| expect(shop.page).to match(%r{<td>#{product}</td>\s*<td>#{sold}</td>}) }
  end

  # Kills the server while a portion is being placed and the projection has moved, `kills` times.
  define_method(:place_all) do |shop, kills, dice|
    portions = kills + 1
    accepted = portions.times.sum do |portion|
      size = (total / portions) + (portion < total % portions ? 1 : 0)
      placing = Thread.new { shop.place(size) }
      unless portion == kills
        moved = count("sales") + dice.rand(1..(size / 2))
        wait_until("#{moved} sales (#{count("sales")}) #{shop.log}", timeout: 60) { count("sales") >= moved }
        shop.kill
        shop.serve
      end
      placing.value
    end
    expect(accepted).to eq(total)
  end

  define_method(:run_all) do |kind, kills|
    runs.times do |run|
      dice = Random.new(RSpec.configuration.seed + run)
      began = now
      with_shop(kind, dice) do |shop|
        place_all(shop, kills, dice)
        expect_equal_tables(shop)
        expect(shop.kills).to eq(kills)
      end
      RSpec.configuration.reporter.message("  run #{run + 1}, #{kind}, #{kills} kills: #{(now - began).round(1)} s")
    end
  end

  it "has specs that pass" do
    shop = Shop.new(self, url: new_database(:sqlite), servers: "127.0.0.1:1")
    env = { "RAILS_ENV" => "test", "KAFKA_BROKERS" => nil }
    expect(shop.run("bin/rails", "db:prepare", env: env).code).to eq(0)
    ended = shop.run("-S", "rspec", env: env)
    expect(ended.code).to eq(0), ended.out.join("\n")
    expect(ended.out.grep(/\A\d+ examples, 0 failures\z/).size).to eq(1)
  ensure
    shop&.remove
  end

  it "runs by bin/dev, and ends all of it" do
    shop = Shop.new(self, url: new_database(:sqlite), servers: "127.0.0.1:1")
    dev = shop.dev
    expect(shop.place(10)).to eq(10)
    wait_until("10 sales on the page", timeout: 30) { shop.page.scan(%r{<td>(\d+)</td>}).flatten.sum(&:to_i) == 10 }
    dev.signal(:INT)
    # It was started with its output, which ends with the last of its processes.
    # A Puma of its own that does not end is killed after 20 s (support/puma.rb says which).
    expect(dev.finish(timeout: 60).code).to eq(0)
    expect { shop.page }.to raise_error(Errno::ECONNREFUSED)
  ensure
    # Killed, it would leave what it has started.
    dev.signal(:INT) && dev.finish if dev&.alive?
    shop&.remove
  end

  it "projects each of 1,000 orders once" do
    run_all(:sqlite, 0)
  end

  Databases.kinds.each do |kind|
    it "projects each of 1,000 orders once while the server is killed five times (#{kind})" do
      run_all(kind, 5)
    end
  end
end
