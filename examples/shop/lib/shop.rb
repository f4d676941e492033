# frozen_string_literal: true

# Owns the few words that every part of the shop uses. Pure.
module Shop
  # @param cents [Integer]
  # @return [String] 123450 as "1,234.50"
  def self.money(cents)
    format("%d.%02d", *cents.divmod(100)).gsub(/\d(?=(\d{3})+\.)/, "\\0,")
  end
end
