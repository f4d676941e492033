# frozen_string_literal: true

module Flights
  # Owns the verdict: what came through Kafka against what the file says. Pure: two sets of figures in, one line out.
  class Comparison
    # Differences that fit on the line.
    SHOWN = 5

    # @param airports [Hash{String => Hash}] figures by airport, as counted
    # @param alerts [Array<Array(String, Integer)>] airport and number, in the order of arrival
    # @param expected_airports [Hash{String => Hash}] the same from the file
    # @param expected_alerts [Hash{String => Array<Integer>}] numbers by airport, in order, from the file
    def initialize(airports:, alerts:, expected_airports:, expected_alerts:)
      @airports = airports
      @alerts = alerts.group_by(&:first).transform_values { |list| list.map(&:last) }
      @expected_airports = expected_airports
      @expected_alerts = expected_alerts
    end

    # @return [Boolean]
    def equal?
      differences.empty?
    end

    # @return [Array<String>] empty when all is as it should be
    def differences
      @differences ||= figure_differences + alert_differences
    end

    # @return [String] one line
    def to_s
      return "verdict: OK, #{agreement}" if equal?

      more = differences.size - SHOWN
      "verdict: WRONG, differences from the file (#{differences.size}): #{differences.first(SHOWN).join("; ")}" \
        "#{"; and #{more} more" if more.positive?}"
    end

    private

    def agreement
      figures = Flights.number(@expected_airports.sum { |_, it| it.size })
      alerts = Flights.number(@expected_alerts.sum { |_, it| it.size })
      "all #{figures} figures of #{@expected_airports.size} airports are those of the file; " \
        "#{alerts} alerts arrived once each, in order"
    end

    def figure_differences
      (@expected_airports.keys | @airports.keys).flat_map do |airport|
        expected = @expected_airports.fetch(airport, {})
        counted = @airports.fetch(airport, {})
        (expected.keys | counted.keys).filter_map do |name|
          next if expected[name] == counted[name]

          "#{airport} #{name} is #{counted[name].inspect}, not #{expected[name].inspect}"
        end
      end
    end

    def alert_differences
      (@expected_alerts.keys | @alerts.keys).flat_map do |airport|
        expected = @expected_alerts.fetch(airport, [])
        came = @alerts.fetch(airport, [])
        lost(airport, expected, came) + surplus(airport, expected, came) + order(airport, expected, came)
      end
    end

    def lost(airport, expected, came)
      (expected - came).map { |number| "#{airport} alert #{number} was lost" }
    end

    def surplus(airport, expected, came)
      doubled = came.tally.filter_map { |number, times| "#{airport} alert #{number} came #{times} times" if times > 1 }
      doubled + (came - expected).uniq.map { |number| "#{airport} alert #{number} should not have come" }
    end

    # First arrivals, in the order of arrival, against the order of the file.
    def order(airport, expected, came)
      first = came & expected
      right = expected & came
      place = first.zip(right).index { |one, other| one != other }
      place ? ["#{airport} alert #{first[place]} came before #{right[place]}"] : []
    end
  end
end
