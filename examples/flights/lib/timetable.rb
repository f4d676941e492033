# frozen_string_literal: true

require "json"
require "zlib"

module Flights
  # Owns the file: its flights, and the figures that follow from it without Kafka. Deliberately shares no code with the
  # counting in the controllers. Read once, by the main thread.
  class Timetable
    PATH = File.expand_path("../data/flights-20k.json.gz", __dir__)

    # @return [Array<Hash>] in the order of the file; "number" is the position in it
    attr_reader :flights

    # @param path [String] JSON, compressed
    def initialize(path = PATH)
      rows = JSON.parse(Zlib::GzipReader.open(path, &:read))
      @flights = rows.each_with_index.map { |row, number| row.merge("number" => number) }
    end

    # @return [Array<String>] all airports that flights start from
    def origins
      by_origin.keys
    end

    # @return [Hash{String => Hash}] figures by airport
    def airports
      by_origin.transform_values do |flights|
        delays = flights.map { |flight| flight["delay"] }
        { flights: delays.size, mean_delay: delays.sum.fdiv(delays.size), alerts: delays.count { |it| it >= 120 } }
      end
    end

    # @return [Hash{String => Array<Integer>}] numbers of the late flights by airport, in the order they must arrive
    def alerts
      by_origin.transform_values do |flights|
        flights.filter_map { |flight| flight["number"] if flight["delay"] >= 120 }
      end
    end

    private

    def by_origin
      @by_origin ||= flights.group_by { |flight| flight["origin"] }
    end
  end
end
