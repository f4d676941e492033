# frozen_string_literal: true

# Owns the jobs of one partition that are not forwarded yet: by their due times, and by their offsets. Belongs to
# whoever has the partition's turn. Must not send or mark.
module Karafka
  module Rails
    module ActiveJob
      # @api private
      class Pending
        # Jobs it may hold, and bytes of their payloads; a batch may come on top.
        LIMIT = 20_000
        BYTES = 32 * 1024 * 1024

        # One job. `due` and `created` are milliseconds since 1970; `away` while it is on its way to somewhere else;
        # `trace` are the headers of the trace it belongs to, if it has one.
        Entry = Struct.new(:offset, :due, :created, :payload, :key, :away, :trace) do
          def <=>(other)
            [due, offset] <=> [other.due, other.offset]
          end
        end

        def initialize
          # In the order of offsets, which is the order in which they come.
          @by_offset = {}
          # The next one last, where taking it costs nothing.
          @by_due = []
          @bytes = 0
        end

        # @param entry [Entry] of a higher offset than all before
        # @return [void]
        def add(entry)
          @by_offset[entry.offset] = entry
          @bytes += entry.payload.to_s.bytesize
          put_back(entry)
        end

        # @param now [Integer] milliseconds since 1970
        # @return [Boolean] is there a job whose time has come?
        def due?(now)
          last = @by_due.last
          !last.nil? && last.due <= now
        end

        # @param now [Integer] milliseconds since 1970
        # @return [Array<Entry>] the jobs that are due; they stay pending until they are forwarded or put back
        def take_due(now, limit)
          taken = []
          taken << @by_due.pop while taken.size < limit && due?(now)
          taken.each { |entry| entry.away = true }
        end

        # @param last [Integer] highest offset
        # @return [Array<Entry>] the first jobs of the topic; they stay pending until they are forwarded or put back
        def take_first(last, limit)
          here = @by_offset.each_value.lazy.take_while { |entry| entry.offset <= last }.reject(&:away)
          here.first(limit).each do |entry|
            @by_due.delete_at(place(entry))
            entry.away = true
          end
        end

        # It could not be forwarded.
        # @return [void]
        def put_back(entry)
          entry.away = false
          @by_due.insert(place(entry), entry)
        end

        # It is somewhere else now.
        # @return [void]
        def forwarded(entry)
          @bytes -= entry.payload.to_s.bytesize if @by_offset.delete(entry.offset)
        end

        # @return [Entry, nil] the one that nothing is marked behind
        def first
          @by_offset.each_value.first
        end

        # @return [Integer]
        def size
          @by_offset.size
        end

        # @return [Boolean]
        def empty?
          @by_offset.empty?
        end

        # @return [Boolean]
        def full?
          size >= LIMIT || @bytes >= BYTES
        end

        # Puts all that wait before what comes, whose offsets begin anew.
        # @param count [Integer] more than their highest offset
        # @return [void]
        def put_before(count)
          @by_offset.each_value { |entry| entry.offset -= count }
          @by_offset = @by_offset.each_value.to_h { |entry| [entry.offset, entry] }
        end

        private

        def place(entry)
          @by_due.bsearch_index { |other| (other <=> entry) <= 0 } || @by_due.size
        end
      end
    end
  end
end
