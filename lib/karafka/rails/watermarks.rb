# frozen_string_literal: true

# Owns the question which offsets of a partition there are. Runs on a worker, which it blocks for a round trip, over a
# connection of its own. Must change nothing, and ask nobody where a spec feeds the controller.
module Karafka
  module Rails
    # @api private
    module Watermarks
      # Seconds that Kafka may take for each answer.
      PATIENCE = 10

      # @param topic [Routing::Topic]
      # @param lease [Native::Lease, Object] the controller's hold on its partition
      # @return [Array(Integer, Integer), nil] the first offset that is there, and the one behind the last; nil where
      #   the partition is none of Kafka's
      # @raise [Errors::KafkaError] Kafka does not say
      def self.of(topic, lease)
        return unless Native::Lease === lease

        properties = Setup::Librdkafka.admin(topic.consumer_group, topic.consumer_group.client_id)
        found = Native.positions(properties, [[topic.subscription_name, lease.partition]], PATIENCE.to_f).first
        found.values_at(:low, :high)
      end
    end
  end
end
