# frozen_string_literal: true

# Owns the default mapping between topic names of the cluster and of the application: none. Pure.
module Karafka
  module Routing
    # A topic mapper of your own answers the same two calls.
    module TopicMapper
      class << self
        # @param topic [String] name in the cluster
        # @return [String] name in the application
        def incoming(topic)
          topic
        end

        # @param topic [String] name in the application
        # @return [String] name in the cluster
        def outgoing(topic)
          topic
        end
      end
    end
  end
end
