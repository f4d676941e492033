# frozen_string_literal: true

# A whole day of the shop in one process: broker, tills, server, report, verdict. Exits 0 only when every order came to
# its right end. Settings, all optional, by environment:
#   KAFKA_BROKERS   use this cluster in place of a broker of its own
#   SHOP_ORDERS     so many orders; default: 200
#   LOG_LEVEL       error shows each unreadable order and each absence of the bank as it happens; default: fatal
require "karafka_rs"

# Seconds for the whole day.
PATIENCE = 60

# karafka.rb reads both variables, so they are set before that is loaded.
ENV["LOG_LEVEL"] ||= "fatal"
if ENV.fetch("KAFKA_BROKERS", "").empty?
  topics = { "orders" => 3, "accepted_orders" => 3, "payments" => 3, "receipts" => 2, "rejected_orders" => 1 }
  broker = Karafka::EmbeddedBroker.start(topics: topics)
  ENV["KAFKA_BROKERS"] = broker.bootstrap_servers
end
require_relative "karafka"

orders = Integer(ENV.fetch("SHOP_ORDERS", "200"), 10, exception: false)
abort "SHOP_ORDERS is #{ENV["SHOP_ORDERS"].inspect}; give a number above 0" unless orders&.positive?

# Numbers that no other day on the same cluster has.
day = Shop::Day.new("#{Time.now.to_i.to_s(36)}#{Process.pid}", orders)
puts "#{orders} orders from #{Shop::Day::TILLS.size} tills, by way of #{"an embedded broker at " if broker}" \
     "#{ENV.fetch("KAFKA_BROKERS")}"

# The server has the main thread, because Ruby delivers signals there.
selling = Thread.new do
  Thread.current.report_on_exception = false
  day.sell
  Shop::Inbox.instance.complete?(day.sales.map(&:id), PATIENCE)
ensure
  Karafka::App.stop!
end
clean = Karafka::Server.run
# After Ctrl-C it may be waiting still.
selling.kill unless selling.join(1)
# Raises what selling raised.
selling.join

audit = Shop::Audit.new(day.sales, inbox: Shop::Inbox.instance, charged: Shop::Bank.instance.charged)
absences, repetitions = Shop::Bank.instance.troubles
puts "the bank was away #{absences} times, and was asked #{repetitions} times for what it had charged", ""
audit.customers.each { |name, count, cents| puts format("%-8s %3d receipts %12s", name, count, Shop.money(cents)) }
puts "", audit.to_s
exit(clean && audit.right? ? 0 : 1)
