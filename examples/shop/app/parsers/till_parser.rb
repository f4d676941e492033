# frozen_string_literal: true

# Owns the format of the tills, which are older than the shop and speak a line per order:
#
#     1042|ada|2 tea, 1 mug
#
# The parser of a route serves its responder too. The tills are only listened to, so what goes out is JSON. Pure.
module TillParser
  LINE = /\A(?<number>[\w-]+)\|(?<customer>\w+)\|(?<items>\d+ \w+(?:, \d+ \w+)*)\z/
  private_constant :LINE

  class << self
    # @param line [String]
    # @return [Hash{String => Object}] number, customer, items: quantity by name
    # @raise [Karafka::Errors::ParserError]
    def parse(line)
      # The bytes come as they are; a damaged one would make the match itself raise.
      found = line.valid_encoding? && LINE.match(line)
      raise Karafka::Errors::ParserError, "not a till's line (#{line.bytesize} bytes)" unless found

      { "number" => found[:number], "customer" => found[:customer], "items" => items(found[:items]) }
    end

    # @param object [Object]
    # @return [String] JSON
    def generate(object)
      Karafka::Parsers::Json.generate(object)
    end

    private

    def items(text)
      text.split(", ").each_with_object(Hash.new(0)) do |item, quantities|
        quantity, name = item.split
        quantities[name] += Integer(quantity, 10)
      end
    end
  end
end
