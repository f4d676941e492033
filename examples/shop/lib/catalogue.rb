# frozen_string_literal: true

module Shop
  # Owns the prices. Pure.
  module Catalogue
    # In cents.
    PRICES = { "tea" => 350, "coffee" => 420, "mug" => 1_200, "kettle" => 4_990 }.freeze

    UnknownGoods = Class.new(StandardError)

    # @param items [Hash{String => Integer}] quantity by name
    # @return [Integer] cents
    # @raise [UnknownGoods] naming what is not sold here
    def self.price(items)
      unknown = items.keys - PRICES.keys
      raise UnknownGoods, "no #{unknown.join(", ")} here" if unknown.any?

      items.sum { |name, quantity| PRICES.fetch(name) * quantity }
    end
  end
end
