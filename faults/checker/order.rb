# frozen_string_literal: true

require_relative "lease"

# Owns the rules about what one process may see: offset order within an assignment, one batch of a partition at a time,
# attempts, and truth about marks. Pure; reads each journal once, from its first line to its last.
module Faults
  class Order
    # @param consumers [Hash{String => Array<Event>}]
    def initialize(consumers)
      @consumers = consumers
    end

    def violations
      @consumers.flat_map { |name, events| Process.new(name, events).violations }
    end

    # One process.
    class Process
      def initialize(name, events)
        @name = name
        @events = events
        @leases = {}
        @inside = {}
        @found = []
      end

      def violations
        @events.each { |event| heed(event) }
        refused_marks
        @found
      end

      private

      def heed(event)
        case event.kind
        when "enter" then enter(event.at, *event.details)
        when "begin" then found("order", lease(*event.details.first(2)).begin(event.details[2]))
        when "done" then lease(*event.details.first(2)).done(event.details[2])
        when "mark" then mark(*event.details)
        when "seek" then lease(*event.details.first(2)).seek(event.details[2])
        when "pause" then lease(*event.details.first(2)).pause(event.at + event.details[2])
        when "leave" then leave(*event.details)
        end
      end

      def enter(time, id, partition, first, last, attempt)
        other = @inside[partition]
        found("twice at once", "partition #{partition} from #{first} while #{other} was in user code") if other
        @inside[partition] = "#{first}..#{last}"
        lease = lease(id, partition)
        found("pause", lease.too_early(first, time))
        found("attempt", lease.attempt_wrong(first, attempt))
        found("order", lease.enter(first, last, attempt))
      end

      def leave(id, partition, outcome)
        @inside.delete(partition)
        lease(id, partition).leave(outcome == "ok")
      end

      def mark(id, partition, offset, _now, result)
        lease(id, partition).mark(offset) if result
      end

      # False means: not ours any more. With `now` it may also mean that Kafka did not confirm.
      def refused_marks
        revoked = @events.select { |event| %w[revoked stopping].include?(event.kind) }
        @events.each do |event|
          next unless event.kind == "mark" && event.details[3] == false && event.details[4] == false
          next if revoked.any? { |one| one.kind == "stopping" || one.details.first == event.details[1] }

          found("refused mark", "#{event.details[1]}/#{event.details[2]} was refused, and the partition never revoked")
        end
      end

      def lease(id, partition)
        @leases[id] ||= Lease.new(partition)
      end

      def found(kind, text)
        @found << Violation.new(kind, "#{@name}: #{text}") if text
      end
    end
  end
end
