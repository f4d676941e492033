# frozen_string_literal: true

# Owns the headers of records as carriers of a trace: others may have written names in any case and values that are no
# text, users own the Hashes that they give. Pure; any thread. Must change no Hash of the user's.
module Karafka
  module Tracing
    # @api private
    module Headers
      class << self
        # @param headers [Hash]
        # @param name [String] in small letters
        # @return [Object, nil] the value of that name, in whatever case it is written; small letters come first
        def value(headers, name)
          headers.fetch(name) { headers.find { |written, _| same?(written, name) }&.last }
        end

        # @param headers [Hash, Object]
        # @param name [String] in small letters
        # @return [Boolean] is there such a name?
        def given?(headers, name)
          Hash === headers && headers.any? { |written, _| same?(written, name) }
        end

        # @param headers [Hash, nil, Object] what is no Hash stays what it is, for those who check messages
        # @param fields [Hash{String => String}]
        # @return [Hash, Object] a new Hash; names that are there already keep their values
        def add(headers, fields)
          return fields if nil == headers
          return headers unless Hash === headers

          headers.merge(fields.reject { |name, _| given?(headers, name) })
        end

        # For propagators, which look for names in small letters and for text.
        # @param headers [Hash]
        # @return [Hash{String => String}]
        def carrier(headers)
          headers.each_with_object({}) do |(name, value), clean|
            next unless text?(name) && text?(value)

            small = name.downcase
            clean[small] = value if small == name || !clean.key?(small)
          end
        end

        # @return [Boolean] is it what can be produced together, as far as a trace must know?
        def messages?(messages)
          Array === messages && messages.any? && messages.all?(Hash)
        end

        private

        # Bytes of any encoding can be compared like this.
        def same?(written, name)
          written = written.name if Symbol === written
          String === written && written.casecmp(name) == 0
        end

        def text?(value)
          String === value && value.ascii_only?
        end
      end
    end
  end
end
