# frozen_string_literal: true

# Owns the Hash that takes a String or a Symbol for the same key, at every depth. A small one: what code written for
# Karafka 1.1 does with params. Made on first use only, because a deep copy costs time.
module Karafka
  module Params
    # Keys are kept as Strings; nested Hashes, also inside Arrays, are converted when they come in.
    # @example
    #   user = Karafka::Params::IndifferentHash.from("user" => { "name" => "Ann" })
    #   user[:user][:name] # => "Ann"
    class IndifferentHash < Hash
      class << self
        # @param hash [Hash]
        # @return [IndifferentHash] a deep copy
        def from(hash)
          hash.each_with_object(new) { |(key, value), copy| copy[key] = value }
        end

        # @param value [Object]
        # @return [Object] the same with every Hash inside converted
        def deep(value)
          case value
          when IndifferentHash then value
          when Hash then from(value)
          when Array then value.map { |element| deep(element) }
          else value
          end
        end

        # @param value [Object]
        # @return [Object] the same with Symbol keys in plain Hashes, at every depth
        def symbolize(value)
          case value
          when Hash then value.to_h { |key, inner| [key.to_sym, symbolize(inner)] }
          when Array then value.map { |inner| symbolize(inner) }
          else value
          end
        end

        # @param key [Object]
        # @return [Object] the key as it is kept
        def key(key)
          key.is_a?(Symbol) ? key.name : key
        end
      end

      # @return [Object, nil]
      def [](key)
        super(self.class.key(key))
      end

      # A Hash inside the value is converted.
      def []=(key, value)
        super(self.class.key(key), self.class.deep(value))
      end
      alias store []=

      # As Hash#fetch.
      def fetch(key, ...)
        super(self.class.key(key), ...)
      end

      # @return [Object, nil]
      def dig(key, *rest)
        value = self[key]
        rest.empty? || value.nil? ? value : value.dig(*rest)
      end

      # @return [Boolean]
      def key?(key)
        super(self.class.key(key))
      end
      alias has_key? key?
      alias include? key?
      alias member? key?

      # @return [Object, nil] what was there
      def delete(key, &block)
        super(self.class.key(key), &block)
      end

      # @return [Array<Object, nil>]
      def values_at(*keys)
        keys.map { |key| self[key] }
      end

      # @return [Array<Object>]
      def fetch_values(*keys, &block)
        keys.map { |key| fetch(key, &block) }
      end

      # @return [IndifferentHash] self
      def merge!(*others)
        others.each do |other|
          other.to_hash.each do |key, value|
            self[key] = block_given? && key?(key) ? yield(self.class.key(key), self[key], value) : value
          end
        end
        self
      end
      alias update merge!

      # @return [IndifferentHash]
      def merge(*others, &block)
        dup.merge!(*others, &block)
      end

      # @return [IndifferentHash]
      def slice(*keys)
        self.class.from(super(*keys.map { |key| self.class.key(key) }))
      end

      # @return [IndifferentHash]
      def except(*keys)
        self.class.from(super(*keys.map { |key| self.class.key(key) }))
      end

      %i[select filter reject compact].each do |name|
        define_method(name) do |&block|
          return super(&block) if block.nil? && name != :compact

          self.class.from(super(&block))
        end
      end

      # @return [IndifferentHash] without a block an Enumerator, as Hash's own
      def transform_values(&block)
        block ? self.class.from(super) : super
      end

      # @return [Hash] a plain Hash with Symbol keys; Hashes inside are plain, with String keys
      def symbolize_keys
        to_hash.transform_keys(&:to_sym)
      end

      # @return [Hash] plain Hashes with Symbol keys, at every depth
      def deep_symbolize_keys
        self.class.symbolize(to_hash)
      end

      # @return [IndifferentHash] this one, and what of the other it has not
      def reverse_merge(other)
        self.class.from(other.to_hash).merge!(self)
      end

      # @return [IndifferentHash] a copy, as keys are kept as Strings already
      def with_indifferent_access
        dup
      end
      alias stringify_keys with_indifferent_access

      # @return [Hash] plain Hashes with String keys, at every depth
      def to_hash
        each_with_object({}) { |(key, value), plain| plain[key] = plain(value) }
      end

      # @return [Hash] see {#to_hash}; a block maps pairs, as Hash#to_h does
      def to_h(&block)
        block ? to_hash.to_h(&block) : to_hash
      end

      private

      def plain(value)
        case value
        when IndifferentHash then value.to_hash
        when Array then value.map { |element| plain(element) }
        else value
        end
      end
    end
  end
end
