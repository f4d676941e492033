# frozen_string_literal: true

# Owns the error of positions that are stored in a database. Must not require anything.
module Karafka
  module Rails
    # What Kafka gives and what the database says do not fit together, or the transaction was not completed. Nothing was
    # applied; the messages come again.
    OffsetError = Class.new(Errors::BaseError)
  end
end
