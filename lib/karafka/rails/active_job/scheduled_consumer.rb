# frozen_string_literal: true

# Owns the jobs of one partition that wait for their time: takes them into memory, forwards each to its queue's topic
# when it is due, and marks up to the first that is not forwarded. Runs in the partition's turns, on a worker or on the
# thread of turns, and waits for nothing there: what is on its way is looked at in the next turn. Must not run jobs.
module Karafka
  module Rails
    module ActiveJob
      # What was forwarded behind a job that waits would come again after a crash, so jobs that wait are written once
      # more behind the others (moved): when much was forwarded behind them or it was long ago, when there are more than
      # memory may hold, when they grow old (retention must not reach them), and when the partition goes away.
      # @api private
      class ScheduledConsumer < BaseController
        include Controllers::Callbacks

        # Jobs that are put on their way in one turn.
        CHUNK = 1_000
        # Jobs forwarded behind one that waits: so many in any case, and no more than wait.
        BEHIND = 100
        # Else those that wait are moved when it is worth it: so many of them a second, on average.
        MOVES_PER_SECOND = 10.0
        # Milliseconds after which a record is written anew.
        OLD = 3_600_000
        # Seconds between two moves for want of room, or of old records: clocks may differ.
        MOVE_SECONDS = 30
        # Seconds that the last turn has to move jobs. A rebalance waits a second for it.
        LAST_SECONDS = 0.8

        after_poll :karafka_forward

        # Takes the jobs; the turn, which goes on with {#karafka_forward}, does the rest.
        def consume
          @source = params_batch.source
          first = params_batch.first.offset
          karafka_begin_anew(first) if @last && first <= @last && attempt == 1
          params_batch.each { |params| karafka_take(params) }
        end

        def on_revoked
          karafka_leave
        end
        alias on_shutdown on_revoked

        # A turn that finds nothing to do is not taken: it would have new code looked for each time.
        # @api private
        def karafka_turn_due?
          super && (!@flight.nil? || karafka_jobs.due?(karafka_clock) || !karafka_move_until.nil?)
        end

        private

        def karafka_jobs
          @jobs ||= Pending.new
        end

        # The topic was made anew, and its offsets with it. The jobs that wait are nowhere but here: they come before
        # all others, so that nothing is marked until they are forwarded, and are moved into the topic at once.
        def karafka_begin_anew(first)
          karafka_jobs.put_before(@last + 1)
          @last = first - 1
          @move_until = -1
          @marked = @behind_since = nil
        end

        # Every record once, also when a batch comes again.
        def karafka_take(params)
          return if @last && params.offset <= @last

          # One that says nothing of its time is forwarded, and judged where jobs are run.
          headers = params.headers
          due = headers[Record::DUE].to_i
          created = (params.timestamp.to_f * 1000).to_i
          trace = Tracing::TraceContext.read(headers)&.headers
          karafka_jobs.add(Pending::Entry.new(params.offset, due, created, params.raw_payload, params.key, nil, trace))
          @last = params.offset
        end

        def karafka_forward
          return unless @last && karafka_landed?

          due = karafka_jobs.take_due(karafka_clock, CHUNK)
          karafka_send(due, topic: Record.mapped(topic.name.delete_suffix(Record::SUFFIX))) if due.any?
          karafka_move if karafka_move_until
          karafka_bound
        end

        # @param seconds [Numeric] to wait for it
        # @return [Boolean] is nothing on its way any more?
        def karafka_landed?(seconds = 0)
          return true unless @flight

          deadline = Clock.now + seconds
          return false unless @flight.all? { |_, delivery| karafka_over?(delivery, deadline) }

          flight = @flight
          @flight = nil
          failures = flight.filter_map { |entry, delivery| karafka_land(entry, delivery) }
          karafka_mark
          # It is told, and tried again after a rest.
          raise failures.first if failures.any?

          true
        end

        # How it went is asked for later.
        def karafka_over?(delivery, deadline)
          delivery.done? || !delivery.wait([deadline - Clock.now, 0].max).nil?
        rescue Errors::BaseError
          true
        end

        # @return [Errors::BaseError, nil]
        def karafka_land(entry, delivery)
          delivery.wait(0)
          karafka_jobs.forwarded(entry)
          nil
        rescue Errors::BaseError => e
          karafka_jobs.put_back(entry)
          e
        end

        def karafka_send(entries, **place)
          records = entries.map { |entry| karafka_record(entry, **place) }
          yield(records) if block_given?
          (@flight ||= []).concat(entries.zip(Karafka.producer.produce_many_async(records)))
        rescue StandardError
          # Some may be on their way all the same; they come twice.
          entries.each { |entry| karafka_jobs.put_back(entry) }
          raise
        end

        # Kafka knows empty keys, producers of ours refuse them. The trace of a job goes on where it runs.
        def karafka_record(entry, **place)
          key = entry.key unless entry.key.to_s.empty?
          { **place, payload: entry.payload, key: key, headers: entry.trace }
        end

        # From the first on, so that what is marked moves on with them; into the same partition, which is ours.
        def karafka_move
          first = karafka_jobs.take_first(@move_until, CHUNK)
          return @move_until = nil if first.empty?

          karafka_send(first, topic: topic.subscription_name, partition: partition) do |records|
            records.zip(first) do |record, entry|
              record[:headers] = { **entry.trace.to_h, Record::DUE => entry.due.to_s }
            end
          end
        end

        # @return [Integer, nil] the offset up to which jobs are to be moved
        def karafka_move_until
          return @move_until if @move_until || !karafka_move?

          @moved_at = Clock.now
          @move_until = @last
        end

        def karafka_move?
          return false if karafka_jobs.empty?

          behind = karafka_behind
          @behind_since = (@behind_since || Clock.now if behind.positive?)
          (behind.positive? && Clock.now - @behind_since >= [karafka_jobs.size / MOVES_PER_SECOND, 1].max) ||
            behind >= [karafka_jobs.size, BEHIND].max ||
            (karafka_crowded? && Clock.now - (@moved_at || -MOVE_SECONDS) >= MOVE_SECONDS)
        end

        # @return [Boolean] are there too many, or old ones?
        def karafka_crowded?
          karafka_jobs.full? || karafka_jobs.first.created < karafka_clock - OLD
        end

        # @return [Integer] how many were forwarded behind the first that waits
        def karafka_behind
          first = karafka_jobs.first
          first ? @last - first.offset + 1 - karafka_jobs.size : 0
        end

        # @return [Boolean] false when the partition is no longer ours
        def karafka_mark
          first = karafka_jobs.first
          offset = first ? first.offset - 1 : @last
          return true if offset.negative? || offset == @marked

          @marked = offset
          # Nobody waits for the commit.
          @source.mark(offset).tap { |ours| @source.commit(0) if ours }
        end

        # While there is no room nothing more comes.
        def karafka_bound
          full = karafka_jobs.full?
          return if full == (@full || false)

          full ? pause : resume
          @full = full
        end

        # The last turn: whoever is next finds no forwarded job behind one that waits, if there is time.
        def karafka_leave
          deadline = Clock.now + LAST_SECONDS
          while @last && karafka_landed?(deadline - Clock.now)
            break if revoked? || Clock.now >= deadline || !karafka_behind.positive?

            @move_until ||= @last
            karafka_move
          end
        end

        # @return [Integer] milliseconds since 1970
        def karafka_clock
          ::Process.clock_gettime(::Process::CLOCK_REALTIME, :millisecond)
        end
      end
    end
  end
end
