# frozen_string_literal: true

# Owns applying each message once to a database: the position is a row that changes in the same transaction as the rows
# of the application, and is restored when a partition comes. Runs on the worker that has the partition. Must not know
# SQL (see stored_offset.rb).
module Karafka
  module Rails
    # For consumers whose work is in a database. Kafka's own committed position is then only for the eye: what counts is
    # the row in `karafka_offsets` (`rails g karafka_rs:offsets`).
    # @example
    #   class PaymentsConsumer < ApplicationConsumer
    #     include Karafka::Rails::ExactlyOnce
    #
    #     def consume
    #       exactly_once { |messages| messages.each { |params| Payment.create!(params.payload) } }
    #     end
    #   end
    module ExactlyOnce
      # What the class gets.
      module Definitions
        # Says whose connection is used, when it is not that of `ActiveRecord::Base`. The table is there.
        # @param database [Class] an Active Record class, such as `AnalyticsRecord`
        # @return [void]
        # @raise [ArgumentError] for anything else
        def stores_offsets_in(database)
          unless Class === database && database <= ::ActiveRecord::Base
            raise ArgumentError, "#{self}: stores_offsets_in #{Setup::Problems.show(:database, database)} cannot be; " \
                                 "give a class of Active Record, such as ApplicationRecord"
          end

          @offset_database = database
        end

        # @return [Class] whose connection is used
        def offset_database
          inherited = superclass.respond_to?(:offset_database) ? superclass.offset_database : ::ActiveRecord::Base
          @offset_database || inherited
        end

        # @api private
        def hooks?
          true
        end

        # Between batches the instance knows what the row said.
        # @api private
        def persistent_only?
          true
        end
      end

      class << self
        # @api private
        def included(type)
          super
          type.extend(Definitions)
        end
      end

      # Applies messages in one transaction: the stored position is moved behind them, then the block writes its rows,
      # both or neither. Messages that were applied before, by whomever, are not given to the block; when none is left
      # the block is not run. After the commit the messages are marked as consumed.
      #
      # What the block raises undoes all of it, and the messages come again. `ActiveRecord::Rollback`, and leaving the
      # block by `return`, `break` or `throw`, is an error too; `next` ends the block early. What leaves the database,
      # a produced record for example, is not part of the transaction.
      # @param messages [Params::ParamsBatch, Params::Params, Array<Params::Params>] the batch at hand, the message at
      #   hand, or messages of the batch that follow each other: from the first that was not applied
      # @yieldparam messages [Array<Params::Params>] those to apply, in order
      # @return [Object, nil] what the block gave; nil when it was not run
      # @raise [ArgumentError] messages of another batch, with gaps, or without those before
      # @raise [OffsetError] see the text
      def exactly_once(messages = params_batch, &block)
        block or raise ArgumentError, "exactly_once has no block; give one that applies the messages it is given"
        list = karafka_consecutive(messages)
        return if list.empty?

        @karafka_begun ||= @karafka_known.to_i
        upto = list.last.offset + 1
        value, known = karafka_transaction(list, upto, &block)
        return if known < upto

        mark_as_consumed(list.last)
        # Last of all: what was interrupted before this point may well be given again.
        @karafka_known = known
        value
      end

      # Restores the position, then the class' own hook runs.
      # @api private
      def karafka_call_hook(name)
        karafka_restore if name == "on_assigned"
        super
      end

      # @api private
      def karafka_forget_batch
        @karafka_begun = nil
        super
      end

      private

      # @return [Array(Object, Integer)] what the block gave; the position stored now
      def karafka_transaction(list, upto, &block)
        value = known = nil
        karafka_stored.transaction do
          fresh, stored = karafka_claim(list, upto)
          value = karafka_apply(fresh, &block) if fresh.any?
          known = stored
        end
        return value, known if known

        raise OffsetError, "#{karafka_place(list)} was rolled back, its position too, and comes again; " \
                           "to leave messages out, end the block without writing"
      end

      # From here to the end of the transaction the row is ours: nobody else applies anything of the partition.
      # @return [Array(Array<Params::Params>, Integer)] what is not applied yet; the position stored now
      def karafka_claim(list, upto)
        first = list.first.offset
        return list, upto if karafka_stored.advance(first, upto, @karafka_known || 0)

        stored = karafka_stored.lock
        return karafka_begin(list, upto) if stored.nil?
        return [], karafka_go_back(stored) if stored < @karafka_known.to_i

        karafka_refuse_old(first, stored)
        fresh = list.drop_while { |params| params.offset < stored }
        karafka_stored.move(stored, upto) if fresh.any?
        [fresh, [stored, upto].max]
      end

      def karafka_begin(list, upto)
        if @karafka_known
          raise OffsetError, "the row of #{karafka_stored} is gone from #{StoredOffset.table_name}, next was " \
                             "#{@karafka_known}; insert it again, or restart to begin where Kafka says"
        end

        karafka_stored.insert(upto)
        [list, upto]
      end

      # Somebody has set the row back, or the database itself: what followed is to be done again.
      def karafka_go_back(stored)
        karafka_tell("#{karafka_stored} went back from #{@karafka_known} to #{stored} in the database; goes on there")
        seek(stored)
        @karafka_known = stored
      end

      # Within an assignment Kafka gives nothing twice that was marked. What this turn has applied is at hand still.
      def karafka_refuse_old(first, stored)
        return unless first < @karafka_begun

        raise OffsetError, "#{karafka_stored} gives #{first} where #{stored} is next: the topic was made anew, or " \
                           "somebody sought back; set next_offset in #{StoredOffset.table_name} to where it shall go on"
      end

      # Active Record's versions differ in what `break` does to a transaction: so it is an error.
      def karafka_apply(fresh)
        value = yield fresh
        ended = true
        value
      rescue Exception
        ended = true
        raise
      ensure
        unless ended || Thread.current.status == "aborting"
          raise OffsetError, "the block of exactly_once was left by return, break or throw; use next to end it early"
        end
      end

      def karafka_restore
        stored = karafka_stored.next_offset or return
        low, high = Watermarks.of(topic, karafka_lease) || [stored, stored]
        if stored > high
          raise OffsetError, "#{karafka_stored}: #{stored} is next by #{StoredOffset.table_name}, but Kafka ends at " \
                             "#{high}: the topic was made anew; set next_offset to where it shall go on, such as #{low}"
        end

        karafka_tell("#{karafka_stored}: Kafka has deleted #{stored}...#{low}, never applied") if stored < low
        seek([stored, low].max)
        @karafka_known = stored
      end

      # Nothing fails, but somebody ought to know.
      def karafka_tell(text)
        Karafka.monitor.notice_error(self.class, OffsetError.new(text))
      end

      def karafka_stored
        @karafka_stored ||= StoredOffset.new(self.class.offset_database, topic, partition)
      end

      # What is passed over here would never be applied, because the position moves behind it.
      # @return [Array<Params::Params>]
      def karafka_consecutive(messages)
        list = Params::Params === messages ? [messages] : messages.to_a
        return list if list.empty?

        unless list.all? { |params| Params::Params === params && params.batch.source.equal?(karafka_batch.source) }
          raise ArgumentError, "exactly_once was given messages of another batch; give those being consumed"
        end

        gap = list.each_cons(2).find { |one, other| other.index != one.index + 1 }
        gap ? karafka_refuse_gap(gap.last) : karafka_check_before(list.first)
        list
      end

      def karafka_check_before(first)
        position = first.index - karafka_batch.first.index
        return if position <= 0 || karafka_batch[position - 1].offset < @karafka_known.to_i

        karafka_refuse_gap(first)
      end

      def karafka_refuse_gap(params)
        raise ArgumentError, "exactly_once was given offset #{params.offset} of #{karafka_stored} without what comes " \
                             "before it, which would never be applied; give all, in order, and choose in the block"
      end

      def karafka_place(list)
        "#{karafka_stored} #{list.first.offset}..#{list.last.offset}"
      end
    end
  end
end
