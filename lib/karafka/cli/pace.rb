# frozen_string_literal: true

# Owns what several looks at a group tell: how fast it gets on, and when it will have caught up. Pure: time is given.
module Karafka
  class Cli
    # @api private
    class Pace
      # Seconds that a rate is of: commits come in steps, seconds apart.
      WINDOW = 30
      # What {Row}s are added up by.
      SUMMED = %i[lag committed_change committed_per_second end_change end_per_second].freeze

      # One partition at one look. Offsets, changes since the look before, messages a second, and the seconds until it
      # has caught up at this rate: nil when it will not. Without a partition there is no such topic.
      # rubocop:disable Lint/StructNewOverride -- Kafka's own word
      Row = Struct.new(:group, :topic, :partition, :committed, :end, :lag, :committed_change, :committed_per_second,
                       :end_change, :end_per_second, :seconds_left, keyword_init: true) do
        # rubocop:enable Lint/StructNewOverride
        # @return [Array] what it is of
        def place
          [group, topic, partition]
        end
      end

      class << self
        # @param rows [Array<Row>] of one topic
        # @return [Row] their sum
        def total(rows)
          first = rows.first
          sums = SUMMED.to_h { |name| [name, rows.filter_map(&name).then { |them| them.sum unless them.empty? }] }
          finish(Row.new(group: first.group, topic: first.topic, partition: "all", **sums))
        end

        # @param row [Row]
        # @return [Row] the same one, which knows how long it will take
        def finish(row)
          gain = row.committed_per_second.to_f - row.end_per_second.to_f
          row.seconds_left = (row.lag / gain).ceil if row.lag.positive? && gain.positive?
          row
        end

        # @param seconds [Integer]
        # @return [String] the two largest units
        def words(seconds)
          units = { d: 86_400, h: 3_600, m: 60, s: 1 }
          parts = units.filter_map do |name, size|
            count, seconds = seconds.divmod(size)
            "#{count} #{name}" if count.positive?
          end
          parts.first(2).join(" ")
        end
      end

      def initialize
        @looks = []
      end

      # @param rows [Array<Row>] of a look
      # @param at [Numeric] its time, in seconds
      # @return [Array<Row>] the same ones, with what looks before tell
      def add(rows, at)
        @looks.shift while @looks.size > 1 && @looks[1].first <= at - WINDOW
        known = rows.select(&:partition)
        known.each { |row| compare(row, at) }
        @looks << [at, known.to_h { |row| [row.place, row] }]
        rows
      end

      private

      def compare(row, at)
        since, first = @looks.find { |_, look| look.key?(row.place) }
        last = @looks.last&.last&.fetch(row.place, nil)
        return unless first && last && at > since

        first = first[row.place]
        %i[committed end].each do |name|
          row[:"#{name}_change"] = difference(row, last, name)
          change = difference(row, first, name)
          row[:"#{name}_per_second"] = change&.fdiv(at - since)&.round(3)
        end
        Pace.finish(row)
      end

      # A first commit is of so many messages as are less to do.
      def difference(row, before, name)
        row[name] - before[name] if row[name] && before[name]
      end
    end
  end
end
