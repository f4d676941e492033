# frozen_string_literal: true

require "json"

# Owns the default format. Pure; called on worker threads and by responders.
module Karafka
  # Ways between payload Strings and objects. One of your own answers `parse` and `generate` and raises
  # {Errors::ParserError} when it cannot.
  module Parsers
    # JSON by Ruby's own library.
    module Json
      class << self
        # @param content [String]
        # @return [Object] Hashes have String keys
        # @raise [Errors::ParserError] with the JSON error as its cause
        def parse(content)
          ::JSON.parse(content)
        rescue ::JSON::JSONError, EncodingError, TypeError => e
          raise Errors::ParserError, "payload is not JSON (#{e.class}, #{size(content)}); check what the producer sends"
        end

        # @param content [Object] a String is taken as ready and returned as it is
        # @return [String]
        # @raise [Errors::ParserError] when it cannot be written as JSON
        def generate(content)
          return content if content.is_a?(String)

          content.to_json
        rescue ::JSON::JSONError, EncodingError, NoMethodError => e
          type = Setup::Problems.type(content)
          raise Errors::ParserError, "a #{type} cannot be written as JSON (#{e.class}); give a Hash"
        end

        private

        # The text of a JSON error quotes the payload, which must not get into logs.
        def size(content)
          String === content ? "#{content.bytesize} bytes" : Setup::Problems.type(content)
        end
      end
    end
  end
end
