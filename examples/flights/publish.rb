# frozen_string_literal: true

# Sends all flights to the cluster that KAFKA_BROKERS names, for a `karafka server` in another process.
require_relative "karafka"

sent = Flights::Publisher.new(Flights::Timetable.new).call
puts "#{Flights.number(sent)} records sent"
