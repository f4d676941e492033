# frozen_string_literal: true

module Flights
  # Owns how figures look. Pure: figures in, text out.
  class Table
    ROW = "%<airport>-8s %<flights>9s %<delay>14s %<alerts>8s"

    # @param airports [Hash{String => Hash}] figures by airport
    # @param rows [Integer]
    def initialize(airports, rows: 10)
      @airports = airports
      @rows = rows
    end

    # @return [String] the busiest airports, busiest first
    def to_s
      busiest = @airports.sort_by { |airport, figures| [-figures[:flights], airport] }.first(@rows)
      head = format(ROW, airport: "airport", flights: "flights", delay: "mean delay", alerts: "alerts")
      [head, "-" * head.size, *busiest.map { |airport, figures| row(airport, figures) }].join("\n")
    end

    private

    def row(airport, figures)
      format(ROW, airport: airport, flights: Flights.number(figures[:flights]),
                  delay: format("%.1f min", figures[:mean_delay]), alerts: figures[:alerts])
    end
  end
end
