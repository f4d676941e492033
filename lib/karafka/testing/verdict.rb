# frozen_string_literal: true

# Owns the text that says what was not consumed, and why. Made once, by the thread of the spec, when a drain gives up.
# Only looks.
module Karafka
  module Testing
    # @api private
    class Verdict
      # @param kafka [Kafka]
      # @param groups [Array<Routing::ConsumerGroup>]
      # @param standing [Array<Hash>] of the engine
      # @param ends [Hash{Array(String, Integer) => Integer}] offset behind the last record, by partition
      # @param timeout [Numeric] seconds
      def initialize(kafka, groups, standing, ends, timeout)
        @kafka = kafka
        @groups = groups
        @standing = standing
        @ends = ends
        @timeout = timeout
      end

      # @return [String]
      def to_s
        reasons = absent + @standing.filter_map { |place| reason(place) }
        reasons << "everything was consumed, but Kafka has not confirmed all commits" if reasons.empty?
        told = @kafka.failures.troubles.last(3)
        reasons << "the cluster: #{told.join("; ")}" if told.any?
        "not everything was consumed and committed within #{@timeout} s: #{reasons.join("; ")}"
      end

      private

      def absent
        held = @standing.map { |it| [it[:group], it[:topic], it[:partition]] }
        (@kafka.partitions_of(@groups) - held).map do |group, topic, partition|
          "#{topic}/#{partition} of group #{group.name} belongs to another member, or to none"
        end
      end

      def reason(place)
        last = @ends.fetch(place.values_at(:topic, :partition), 0)
        at = (unfinished?(place) && place[:marked]) || place[:position] || place[:start] || 0
        why = because(place, at, last)
        where = "#{place[:topic]}/#{place[:partition]} of group #{place[:group].name}"
        why && "#{where} is at offset #{at} of #{last}, #{why}"
      end

      def because(place, at, last)
        case place[:state]
        when "failed", "paused" then rest(place) if place[:kept_offset] || at < last
        when "waiting", "running" then "where user code still runs#{where}"
        when "idle" then "and no more records come" if at < last
        else "and a worker is waited for"
        end
      end

      def rest(place)
        failure = @kafka.failures.last(place[:group].name, place[:topic], place[:partition])
        time = place.dig(:rest, :seconds_left)&.ceil(1)
        if place[:kept_offset] && failure
          "and rests #{time} s after #{failure.error.class}: #{failure.error.message.lines.first&.strip} (attempt " \
            "#{failure.attempt}); `kafka.pass(#{time.to_f.ceil})` ends the rest, `drain(errors: :retry)` all of them"
        elsif time
          "and its controller has paused it for #{time} s more; `kafka.pass(#{time.ceil})` ends the pause"
        else
          "and its controller has paused it until it resumes"
        end
      end

      # Are there messages that user code was given, or gets again?
      def unfinished?(place)
        place[:kept_offset] || place.dig(:job, :kind) == "consume"
      end

      # The line of the application that a worker is in.
      def where
        foreign = [Karafka.core_root.to_s, RbConfig::CONFIG.fetch("rubylibdir"), "<"]
        lines = Thread.list.filter_map do |thread|
          next unless thread.name.to_s.start_with?("karafka-worker")

          thread.backtrace&.find { |line| !line.start_with?(*foreign) }
        end
        lines.empty? ? "" : ", at #{lines.uniq.join(" and at ")}"
      end
    end
  end
end
