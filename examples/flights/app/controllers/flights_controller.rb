# frozen_string_literal: true

# Owns the tallies of one partition's airports. Flights are keyed by airport, so all flights of an airport are in one
# partition, and a partition has one instance of this class that one worker at a time calls: nothing here needs a lock.
# Must not change the board in any other way than by posting a finished, frozen state.
class FlightsController < ApplicationController
  def consume
    # Delivery is at least once: a batch that raised comes again, all of it. What was counted has a lower offset.
    departures = @departures || board.departures(params_batch.partition)
    records = params_batch.select { |params| departures.new?(params.offset) }.map(&:payload)

    # First what may fail. If Kafka does not take the alerts this raises, and nothing was counted.
    notices = records.select { |record| Flights.late?(record) || Flights.closing?(record) }
    respond_with(notices) unless notices.empty?

    # Then one assignment and one post. An application that must survive a restart would write tallies and offset to its
    # database here, in one transaction.
    @departures = departures.plus(records, params_batch.last.offset)
    board.post(params_batch.partition, @departures)
  end
end
