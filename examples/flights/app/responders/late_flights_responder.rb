# frozen_string_literal: true

# Owns what leaves for the alerts topic: late flights, and the mark that an airport has no more of them. The messages of
# one call are sent together and waited for; keyed by airport, those of one airport stay in order.
class LateFlightsResponder < Karafka::BaseResponder
  topic :alerts, multiple_usage: true

  # @param records [Array<Hash>]
  def respond(records)
    records.each { |record| respond_to(:alerts, record, key: record["origin"]) }
  end
end
