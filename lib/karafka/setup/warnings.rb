# frozen_string_literal: true

# Owns what is allowed and yet does not do what its name says. Told once, by `boot!`. Must not change or refuse
# anything.
module Karafka
  module Setup
    # @api private
    module Warnings
      class << self
        # @param config [Config]
        # @param groups [Array<Routing::ConsumerGroup>]
        # @return [Array<String>]
        def for(config, groups)
          ([config.kafka] + groups).flat_map { |source| settings(source) }.uniq + groups.flat_map { |it| group(it) }
        end

        private

        def settings(source)
          found = []
          if source.offset_retention_time
            found << "kafka.offset_retention_time does nothing: brokers decide since Kafka 2.1; " \
                     "set offsets.retention.minutes there"
          end
          unless source.sasl_plain_authzid.to_s.empty?
            found << "kafka.sasl_plain_authzid does nothing: librdkafka always sends an empty one; take it out"
          end
          found
        end

        def group(group)
          backends(group) + sizes(group)
        end

        def backends(group)
          group.topics.reject { |topic| topic.backend == :inline }.map do |topic|
            "#{group}, #{topic}: backend #{topic.backend.inspect} does nothing, it is consumed in this process; " \
              "write `backend :inline`"
          end
        end

        def sizes(group)
          sizes = group.topics.to_h { |topic| [topic.name, topic.max_bytes_per_partition] }
          return [] if sizes.values.uniq.size < 2

          ["#{group}: max_bytes_per_partition is one value per group, the largest is used: " \
           "#{sizes.max_by(&:last).join(" = ")}"]
        end
      end
    end
  end
end
