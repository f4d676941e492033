# frozen_string_literal: true

# The whole demonstration in one process: broker, publisher, server, table, verdict. Exits 0 only when every figure is
# right. Settings, all optional, by environment:
#   KAFKA_BROKERS    use this cluster in place of a broker of its own
#   FLIGHTS_RATE     publish so many flights per second, to have something to watch; default: as many as will go
require "karafka_rs"

# Each line when it is true, in a pipe too.
$stdout.sync = true

# karafka.rb reads both variables, so they are set before it is loaded.
if ENV.fetch("KAFKA_BROKERS", "").empty?
  broker = Karafka::EmbeddedBroker.start(topics: { "flights" => 6, "alerts" => 3 })
  ENV["KAFKA_BROKERS"] = broker.bootstrap_servers
else
  # Topics of this run only: what an earlier one left in the cluster would be counted as well.
  ENV["FLIGHTS_SUFFIX"] ||= "-#{Time.now.strftime("%Y%m%d%H%M%S")}-#{Process.pid}"
end
require_relative "karafka"

rate = ENV["FLIGHTS_RATE"] && Integer(ENV["FLIGHTS_RATE"], 10, exception: false)
if ENV["FLIGHTS_RATE"] && !rate&.positive?
  abort "FLIGHTS_RATE is #{ENV["FLIGHTS_RATE"].inspect}; give flights per second, such as 4000"
end

timetable = Flights::Timetable.new
puts "#{Flights.number(timetable.flights.size)} flights from #{timetable.origins.size} airports, by way of " \
     "#{broker ? "an embedded broker" : "topics flights and alerts#{ENV.fetch("FLIGHTS_SUFFIX")}"} " \
     "at #{ENV.fetch("KAFKA_BROKERS")}"

session = Flights::Session.new(timetable, rate: rate)
clean = session.run

board = Flights::Board.instance
flights, alerts = board.totals
puts "stopped before everything was in" unless board.complete?(timetable.origins.size, 0)
puts "#{Flights.number(flights)} flights, #{Flights.number(alerts)} alerts consumed in " \
     "#{session.seconds.round(1)} s, start and stop included"
puts "", Flights::Table.new(board.airports).to_s, ""

comparison = Flights::Comparison.new(airports: board.airports, alerts: board.alerts,
                                     expected_airports: timetable.airports, expected_alerts: timetable.alerts)
puts comparison.to_s
exit(clean && comparison.equal? ? 0 : 1)
