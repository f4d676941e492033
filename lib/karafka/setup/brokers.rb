# frozen_string_literal: true

# Owns the reading of broker addresses: every spelling users have, turned into host:port and "TLS or not". Pure; the
# librdkafka names are in librdkafka.rb.
module Karafka
  module Setup
    # A list of broker addresses as written in `seed_brokers`.
    # @api private
    class Brokers
      PLAIN = %w[kafka plaintext].freeze
      TLS = %w[kafka+ssl ssl].freeze
      ADDRESS = %r{\A(?:(?<scheme>[a-z+]+)://)?(?<host>\[[0-9a-f:.%]+\]|[\w.-]+):(?<port>\d{1,5})/?\z}i
      EXAMPLE = "write kafka://host:9092, kafka+ssl://host:9093 or host:9092"

      # @param seeds [Array<String>, String, nil] an Array, or one String with commas (Heroku's KAFKA_URL)
      def initialize(seeds)
        @seeds = seeds
        @list =
          case seeds
          when Array then seeds
          when nil then []
          # Broken bytes cannot be split; as one address they are named.
          when String then seeds.ascii_only? ? seeds.split(",").map(&:strip) : [seeds]
          else [seeds]
          end
      end

      # @return [Array<String>] "host:port" of each valid address
      def addresses
        parsed.compact.map { |match| "#{match[:host]}:#{match[:port]}" }
      end

      # @return [Boolean] do the schemes ask for TLS?
      def tls?
        schemes.any? { |scheme| TLS.include?(scheme) }
      end

      # Adds what is wrong with the list.
      # @param problems [Problems]
      # @param path [String]
      # @return [void]
      def check(problems, path)
        return problems.add(path, @seeds, "must name at least one broker", EXAMPLE) if @list.empty?

        @list.zip(parsed).each_with_index do |(seed, match), index|
          rule = broken(seed, match)
          problems.add("#{path}[#{index}]", seed, rule, EXAMPLE) if rule
        end
        mixed = tls? && schemes.any? { |scheme| scheme.nil? || PLAIN.include?(scheme) }
        problems.add(path, @seeds, "mixes addresses with and without TLS", "use one kind for all brokers") if mixed
      end

      private

      def parsed
        @parsed ||= @list.map { |seed| ADDRESS.match(seed) if String === seed && seed.ascii_only? }
      end

      def schemes
        parsed.compact.map { |match| match[:scheme]&.downcase }
      end

      def broken(seed, match)
        return "must be a String" unless String === seed
        return "must have a host and a port" unless match
        return "must have a port from 1 to 65535" unless match[:port].to_i.between?(1, 65_535)

        known = PLAIN + TLS
        "must have one of the schemes #{known.join(", ")}" unless [nil, *known].include?(match[:scheme]&.downcase)
      end
    end
  end
end
