# frozen_string_literal: true

# Owns what `consumer` is inside a controller: the 1.1 spelling of marking, pausing and stopping. Belongs to the
# controller's thread.
module Karafka
  # What 1.1 called the connection of a controller.
  module Connection
    # @example
    #   consumer.mark_as_consumed(params)
    class Consumer
      # @param controller [BaseController]
      # @api private
      def initialize(controller)
        @controller = controller
      end

      # Marks everything up to this message as done and tells Kafka now.
      # @param params [Params::Params]
      # @return [Boolean] false when the partition is no longer ours
      def mark_as_consumed(params)
        @controller.mark_as_consumed!(params)
      end

      # Rests the partition at hand for `pause_timeout`; see {Controllers::Partition#pause}.
      # @param topic_name [String, Symbol] name in the application
      # @param partition [Integer]
      # @return [Boolean] false when the partition is no longer ours
      # @raise [ArgumentError] for another partition, which is not this controller's
      def pause(topic_name, partition)
        topic = @controller.topic
        unless [topic.name, topic.subscription_name].include?(topic_name.to_s) && partition == @controller.partition
          raise ArgumentError, "#{topic_name}/#{partition} is not the partition being consumed " \
                               "(#{topic.name}/#{@controller.partition}); pause it in its own controller"
        end

        @controller.pause(topic.consumer_group.pause_timeout)
      end

      # Asks for a graceful stop of the process, of all its groups: they share its threads.
      # @return [void]
      def stop
        App.stop!
      end
    end
  end
end
