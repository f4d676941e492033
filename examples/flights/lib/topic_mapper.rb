# frozen_string_literal: true

module Flights
  # Owns the difference between the names of topics here ("flights") and in the cluster ("flights-20240229-7"). Pure.
  # Routes and responders use the names here.
  class TopicMapper
    # @param suffix [String] may be empty
    def initialize(suffix)
      @suffix = suffix
    end

    # @return [String] name in the application
    def incoming(topic)
      topic.to_s.delete_suffix(@suffix)
    end

    # @return [String] name in the cluster
    def outgoing(topic)
      "#{topic}#{@suffix}"
    end
  end
end
