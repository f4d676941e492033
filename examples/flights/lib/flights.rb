# frozen_string_literal: true

# Owns the few words that every part of the application uses. Pure.
module Flights
  # Minutes from which a flight is worth an alert.
  LATE = 120

  class << self
    # @param record [Hash] a flight or a closing mark
    # @return [Boolean]
    def late?(record)
      !closing?(record) && record["delay"] >= LATE
    end

    # The last record of an airport: no flight of it comes after.
    # @param origin [String]
    # @return [Hash]
    def closing(origin)
      { "origin" => origin, "closed" => true }
    end

    # @param record [Hash]
    # @return [Boolean]
    def closing?(record)
      record.key?("closed")
    end

    # @param value [Integer]
    # @return [String] 12345 as "12,345"
    def number(value)
      value.to_s.gsub(/\d(?=(\d{3})+\z)/, "\\0,")
    end
  end
end
