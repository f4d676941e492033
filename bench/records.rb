# frozen_string_literal: true

# Owns what the benchmark produces: the same 100 bytes of JSON for the same number, everywhere. Pure.
module Records
  BYTES = 100

  # @param number [Integer]
  # @return [String] a JSON object of {BYTES} bytes
  def self.json(number)
    text = %({"id":#{number},"user":"user-#{number % 5_000}","action":"view","amount":#{number % 900}.25,"note":")
    "#{text}#{"x" * (BYTES - text.bytesize - 2)}\"}"
  end
end
