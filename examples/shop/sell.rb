# frozen_string_literal: true

# Sends a day's orders to the cluster that KAFKA_BROKERS names, for a `karafka server` in another process.
require_relative "karafka"

day = Shop::Day.new("#{Time.now.to_i.to_s(36)}#{Process.pid}", 200)
day.sell
puts "#{day.sales.size} orders sent"
