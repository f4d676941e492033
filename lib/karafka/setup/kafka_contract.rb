# frozen_string_literal: true

# Owns the rules that look at more than one Kafka setting: brokers, credentials that come in pairs, times that depend
# on each other, librdkafka properties. The source may be `config.kafka`, a consumer group or WaterDrop's settings.
module Karafka
  module Setup
    # @api private
    class KafkaContract
      PAIRS = [
        %i[ssl_client_cert ssl_client_cert_key],
        %i[sasl_plain_username sasl_plain_password],
        %i[sasl_scram_username sasl_scram_password]
      ].freeze

      # @param source [#seed_brokers] object with the settings
      # @param problems [Problems] where to add what is wrong
      # @yieldparam name [Symbol] setting
      # @yieldreturn [String] path of that setting for the error text
      def initialize(source, problems, &path)
        @source = source
        @problems = problems
        @path = path
      end

      # @return [void]
      def check
        Brokers.new(@source.seed_brokers).check(@problems, path(:seed_brokers))
        check_pairs
        check_librdkafka
        check_times if @source.respond_to?(:max_wait_time)
      rescue Errors::InvalidConfiguration => e
        # A lambda as a setting raised.
        @problems.concat(e.problems)
      end

      private

      def path(name)
        @path.call(name)
      end

      def check_pairs
        PAIRS.each do |pair|
          missing, present = pair.partition { |name| NilClass === @source.public_send(name) }
          next unless missing.one?

          # Where the one that is set was written says which group is meant.
          rule = "#{path(present.first)} is set and does nothing alone"
          @problems.add(path(missing.first), nil, rule, "set both or none")
        end
        return unless @source.sasl_scram_username && @source.sasl_scram_mechanism.nil?

        rule = "#{path(:sasl_scram_username)} is set and SCRAM needs to know its hash"
        @problems.add(path(:sasl_scram_mechanism), nil, rule, 'set it to "sha256" or "sha512"')
      end

      def check_librdkafka
        properties = @source.librdkafka
        unless Hash === properties
          return @problems.add(path(:librdkafka), properties, "must be a Hash of librdkafka properties",
                               'set it to { "property.name" => "value" }')
        end

        properties.each { |name, value| check_property(name, value) }
      end

      def check_property(name, value)
        unless (String === name || Symbol === name) && /\A[\w.-]+\z/.match?(name.to_s.b)
          return @problems.add("#{path(:librdkafka)}: the name of a property", name, "must be a String of librdkafka's",
                               'write for example "fetch.error.backoff.ms"')
        end

        where = "#{path(:librdkafka)}[#{name.to_s.inspect}]"
        reason = Librdkafka.owned(name)
        return @problems.add(where, value, "belongs to karafka_rs", reason) if reason

        rule = Rules[:property]
        @problems.add(where, value, rule.text, "mend it or take it out") if rule.broken_by?(value)
      end

      def check_times
        wait, socket, pause, longest = %i[max_wait_time socket_timeout pause_timeout pause_max_timeout].map do |name|
          value = @source.public_send(name)
          value if Rules.seconds?(value)
        end
        if wait && socket && wait > socket
          @problems.add(path(:max_wait_time), wait, "must not be above socket_timeout (#{socket})", "lower it")
        end
        return unless pause && longest && longest < pause

        @problems.add(path(:pause_max_timeout), longest, "must not be below pause_timeout (#{pause})", "raise it")
      end
    end
  end
end
