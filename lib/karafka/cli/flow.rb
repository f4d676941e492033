# frozen_string_literal: true

# Owns `karafka flow`: which topics lead to which. Must not connect.
module Karafka
  class Cli
    class Flow < Base
      desc "Show which topics each consumed topic responds to"

      # Where what is said about a topic begins.
      COLUMN = 26

      # @return [void]
      def call
        load_application
        App.consumer_groups.flat_map(&:topics).sort_by(&:name).each { |topic| show(topic) }
      end

      private

      def show(topic)
        targets = topic.responder&.topics
        return puts("#{topic.name} => (nothing)") unless targets

        puts "#{topic.name} =>"
        targets.each_value do |target|
          puts "#{"  - #{target.name}:".ljust(COLUMN - 1)} (#{promise(target)})"
        end
      end

      def promise(target)
        [target.required? ? "always" : "conditionally",
         target.multiple_usage? ? "one or more" : "exactly once"].join(", ")
      end
    end
  end
end
