# frozen_string_literal: true

require "active_record"

# Owns the row that says how far one group has applied one partition: every statement on the table is here. Written in
# Arel, which spells it for PostgreSQL, MySQL and SQLite alike; no upsert: not all of them have one. Used by the worker
# that has the partition, and by whoever believes to have it. Must not know messages.
module Karafka
  module Rails
    # @api private
    class StoredOffset
      # Made by `rails g karafka_rs:offsets`.
      TABLE = "karafka_offsets"
      # Whose turn it is to write to SQLite, which has one writer at a time. Its driver may wait for the lock without
      # letting the thread go on that has it.
      WRITER = ::Monitor.new
      private_constant :WRITER

      class << self
        # @return [String] with what migrations put before and behind every name, whatever the database
        def table_name
          "#{::ActiveRecord::Base.table_name_prefix}#{TABLE}#{::ActiveRecord::Base.table_name_suffix}"
        end
      end

      # @param database [Class] an Active Record class; its connection is used
      # @param topic [Routing::Topic]
      # @param partition [Integer]
      def initialize(database, topic, partition)
        @database = database
        @group_id = topic.consumer_group.id
        @topic = topic.subscription_name
        @partition = partition
      end

      # @return [Integer, nil] the offset to apply next; nil when nothing was applied yet
      def next_offset
        @database.uncached { look(select) }
      end

      # A transaction of its own.
      # @raise [OffsetError] one is open already
      def transaction(&block)
        # That of a test's fixtures cannot be joined; inside of it a savepoint does what a transaction does elsewhere.
        if connection { |it| it.current_transaction.joinable? }
          raise OffsetError, "exactly_once for #{self} inside of a transaction of #{@database}: the position would " \
                             "count as stored before that commits; do its work inside of the block instead"
        end

        in_line { @database.transaction(requires_new: true, &block) }
      end

      # Moves the row, if it is there and not beyond `first`. Whoever has it waits for nobody and nobody passes.
      # @param known [Integer] what the row must not be below
      # @return [Boolean]
      def advance(first, upto, known)
        update(upto, [table[:next_offset].lteq(first), table[:next_offset].gteq(known)])
      end

      # @return [Integer, nil] as {#next_offset}; until the end of the transaction nobody else changes it
      def lock
        look(select.lock)
      end

      # @param from [Integer] what {#lock} gave
      # @return [void]
      def move(from, upto)
        return if update(upto, [table[:next_offset].eq(from)])

        raise OffsetError, "the row of #{self} in #{self.class.table_name} changed while it was locked; " \
                           "the messages come again"
      end

      # The first row; when two try at once, the database refuses the second, who finds the row when it tries again.
      # @return [void]
      def insert(upto)
        values = { group_id: @group_id, topic: @topic, partition: @partition, next_offset: upto, updated_at: now }
        insert = Arel::InsertManager.new.into(table).insert(values.map { |name, value| [table[name], value] })
        connection { |it| it.insert(insert, "Karafka offset") }
      end

      # @return [String] for error texts
      def to_s
        "#{@topic}/#{@partition} of group #{@group_id}"
      end

      private

      def in_line(&block)
        sqlite = connection { |it| it.adapter_name.match?(/sqlite/i) }
        sqlite ? WRITER.synchronize(&block) : yield
      end

      def update(upto, conditions)
        change = Arel::UpdateManager.new.table(table).set([[table[:next_offset], upto], [table[:updated_at], now]])
        (mine + conditions).each { |condition| change.where(condition) }
        connection { |it| it.update(change, "Karafka offset") } == 1
      end

      def select
        mine.reduce(table.project(table[:next_offset])) { |query, condition| query.where(condition) }
      end

      def look(query)
        connection { |it| it.select_value(query, "Karafka offset") }&.to_i
      end

      def mine
        [table[:group_id].eq(@group_id), table[:topic].eq(@topic), table[:partition].eq(@partition)]
      end

      def table
        @table ||= Arel::Table.new(self.class.table_name)
      end

      # As Active Record writes times.
      def now
        utc = ::ActiveRecord.respond_to?(:default_timezone) ? ::ActiveRecord : ::ActiveRecord::Base
        time = utc.default_timezone == :utc ? Time.now.utc : Time.now
        connection { |it| it.quoted_date(time) }
      end

      # From Rails 7.2 on, a connection is for a block.
      def connection(&block)
        return @database.with_connection(&block) if @database.respond_to?(:with_connection)

        yield @database.connection
      end
    end
  end
end
