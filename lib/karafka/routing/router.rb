# frozen_string_literal: true

# Owns the way from a topic id back to its route; background backends use it, the server does not. Reads the routes
# only.
module Karafka
  module Routing
    # @example
    #   Karafka::Routing::Router.find("example_app_events_user_events")
    module Router
      # @param topic_id [String] see {Topic#id}
      # @return [Topic]
      # @raise [Errors::NonMatchingRouteError] when there is none, or when joined names make two of them alike
      def self.find(topic_id)
        found = App.consumer_groups.flat_map(&:topics).select { |topic| topic.id == topic_id }
        return found.first if found.one?

        places = found.map { |topic| "#{topic.consumer_group}, #{topic}" }.join("; ")
        raise Errors::NonMatchingRouteError,
              found.empty? ? "no route with topic id #{topic_id.inspect}; check the routes" : "topic id " \
              "#{topic_id.inspect} fits #{found.size} routes (#{places}); rename one"
      end
    end
  end
end
