# frozen_string_literal: true

# Owns single fields of many payloads: which are asked for, and those that the core leaves to the parser of the route.
# Belongs to the thread that consumes the batch. Must not make more than is asked for where the core can read.
module Karafka
  module Params
    # @api private
    module Columns
      class << self
        # @param fields [Array<String, Symbol, Array<String, Symbol>>]
        # @return [Array<Array<String>>] the keys that lead to each
        # @raise [ArgumentError]
        def paths(fields)
          raise ArgumentError, "pluck was given no field; give keys, such as pluck(:id)" if fields.empty?

          fields.map do |field|
            keys = Array === field ? field : [field]
            next keys.map(&:to_s) if !keys.empty? && keys.all? { |key| String === key || Symbol === key }

            raise ArgumentError, "pluck was given #{Setup::Problems.show(:field, field)}; " \
                                 "give a key, or an Array of keys that leads to a nested one"
          end
        end

        # @param batch [ParamsBatch]
        # @param paths [Array<Array<String>>]
        # @param found [Array(Array<Array>, Array<Integer>), nil] what the core has read, and the positions it left out
        # @return [Array<Array<Object, nil>>]
        # @raise [Errors::ParserError]
        def read(batch, paths, found)
          columns, left = found || [paths.map { Array.new(batch.size) }, 0...batch.size]
          left.each do |position|
            payload = batch[position].payload
            paths.each_with_index { |path, number| columns[number][position] = dig(payload, path) }
          end
          columns
        end

        private

        # A parser of the user may give Symbol keys.
        def dig(value, path)
          path.reduce(value) { |inner, key| inner.fetch(key) { inner[key.to_sym] } if Hash === inner }
        end
      end
    end
  end
end
