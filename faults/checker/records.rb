# frozen_string_literal: true

# Owns what became of each record: none that was acknowledged is lost, each comes as it was produced. Pure.
module Faults
  class Records
    # @param producer [Array<Event>]
    # @param consumers [Hash{String => Array<Event>}]
    def initialize(producer, consumers)
      produced(of(producer, "sent"), of(producer, "acked").map(&:details))
      @failed = of(producer, "failed").size
      @begun = consumers.transform_values { |events| of(events, "begin").map { |event| event.details.drop(1) } }
      @done = of(consumers.values.flatten, "done").map { |event| event.details[1, 2] }.tally
      @ids = @begun.values.flatten(1).to_h { |partition, offset, id| [[partition, offset], id] }
    end

    def violations
      lost + doubled + changed
    end

    def figures
      { produced: @sent.size, acked: @acked.size + @unplaced.size, failed: @failed,
        consumed: @done.size, duplicates: @done.values.sum - @done.size }
    end

    private

    def produced(sent, acked)
      @sent = sent.to_h { |event| [event.details[0], event.details.drop(1)] }
      @acked = {}
      # Kafka has these, and did not say where: the answer to a retry of what it had taken already holds no offset, or,
      # from nisshi, a 0 that counts for another record. They must be found by their number.
      @unplaced = []
      acked.each do |id, *place|
        next @unplaced << id if place.last.negative? || @acked.fetch(place, id) != id

        @acked[place] = id
      end
    end

    def of(events, kind)
      events.select { |event| event.kind == kind }
    end

    def lost
      lost = @acked.except(*@done.keys).map { |place, id| [id, "acknowledged at #{place.join("/")}"] }
      lost += (@unplaced - @ids.values_at(*@done.keys)).map { |id| [id, "acknowledged without an offset"] }
      lost.map { |id, where| Violation.new("lost", "record #{id}, #{where}, was never done") }
    end

    # Two acknowledgements of one place would hide a loss.
    def doubled
      twice = @acked.values.tally.select { |_, count| count > 1 }.keys
      twice.map { |id| Violation.new("acknowledged twice", "record #{id} at two places") }
    end

    def changed
      @begun.flat_map do |name, list|
        list.filter_map do |partition, offset, id, key, written|
          wrong = difference(partition, offset, id, key, written)
          wrong && Violation.new("changed", "#{name} read #{partition}/#{offset} as record #{id}, but #{wrong}")
        end
      end
    end

    def difference(partition, offset, id, key, written)
      return "no such record was sent" unless @sent.key?(id)

      produced_key, produced_partition = @sent[id]
      acked = @acked[[partition, offset]]
      return "record #{acked} was acknowledged there" if acked && acked != id
      return "its key is #{key.inspect}, produced as #{produced_key.inspect}" if key != produced_key || key != written

      "it was produced to partition #{produced_partition}" if produced_partition && produced_partition != partition
    end
  end
end
