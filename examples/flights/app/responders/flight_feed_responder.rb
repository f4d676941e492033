# frozen_string_literal: true

# Owns what leaves for the flights topic. Used by the publisher, outside of any controller.
class FlightFeedResponder < Karafka::BaseResponder
  topic :flights, multiple_usage: true

  # @param records [Array<Hash>] flights or closing marks, in the order in which they must arrive
  def respond(records)
    records.each { |record| respond_to(:flights, record, key: record["origin"]) }
  end
end
