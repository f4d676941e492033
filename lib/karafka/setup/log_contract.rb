# frozen_string_literal: true

# Owns the rules for `config.log`. Runs while the process boots.
module Karafka
  module Setup
    # @api private
    class LogContract
      FORMATS = %i[text json hash].freeze
      TAGS = Instrumentation::LogTags::KINDS.keys.freeze
      LEVELS = [*Instrumentation::LogLine::LEVELS.keys, :off].freeze

      # Rules by setting, each with an example, as in {Contract}.
      ROWS = {
        format: [Rules.one_of(*FORMATS), ":json"],
        tags: [Rules.some_of(*TAGS), "%i[partition offset]"]
      }.freeze

      # @param log [LogSettings]
      # @param problems [Problems]
      def initialize(log, problems)
        @log = log
        @problems = problems
      end

      # @return [void]
      def check
        Contract.check_rows(@problems, ROWS) { |name| ["log.#{name}", @log.public_send(name)] }
        check_levels(@log.levels)
      rescue Errors::InvalidConfiguration => e
        # A lambda as a setting raised.
        @problems.concat(e.problems)
      end

      private

      def check_levels(levels)
        unless Hash === levels
          return @problems.add("log.levels", levels, "must be a Hash of levels by event",
                               'set it to { "partitions.assigned" => :debug }')
        end

        levels.each { |event, level| check_level(event, level) }
      end

      def check_level(event, level)
        known = Instrumentation::EVENTS
        unless known.key?(event)
          cure = String === event || Symbol === event ? Suggestion.for(event, known.keys) : 'write "worker.failed"'
          return @problems.add("log.levels: the name of an event", event, "must be one of the monitor's events", cure)
        end

        rule = Rules.one_of(*LEVELS)
        @problems.add("log.levels[#{event.inspect}]", level, rule.text, "set it to :debug") if rule.broken_by?(level)
      end
    end
  end
end
