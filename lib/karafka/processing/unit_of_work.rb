# frozen_string_literal: true

# Owns one batch from the moment a worker has it until the core knows what became of it. The one place that decides:
# done, again later, or stop. Runs on a worker thread. Must report an outcome on every way out, Thread#kill included.
module Karafka
  module Processing
    class UnitOfWork
      include JobEvents

      # Errors that mean "end the process", not "this batch failed".
      STOPPING = [SystemExit, SignalException].freeze
      # Rest, in seconds, of a partition whose worker was killed in the middle.
      KILLED_REST = 1

      class << self
        # Has the process end when that is what user code wanted.
        # @param error [Exception]
        # @return [void]
        def stop_for(error)
          App.stop! if STOPPING.any? { |type| error.is_a?(type) }
        end
      end

      # @param native [Native::Batch]
      # @param group [Routing::ConsumerGroup]
      # @param controllers [Controllers]
      def initialize(native, group, controllers)
        @native = native
        @group = group
        @controllers = controllers
        @index = native.first_unmarked
        @executor = App.config.executor
        @tags = Instrumentation::LogTags.take
      end

      # Called with all interrupts of the thread held back; user code, subscribers too, is run without.
      # @return [void]
      def run
        return work unless @tags

        tagged(group: @group.name, topic: @native.topic, partition: @native.partition) { work }
      end

      # Subscribers that hear of a failure are told the trace of what failed.
      # @return [Tracing::TraceContext, nil] of the message at hand when it is consumed by itself, and of the last span
      def trace
        # Asked for with each message that is produced.
        return @trace if @traced_index == @index
        return if @index >= @native.size

        @trace = Tracing::TraceContext.read(@native.headers(@index))
        @traced_index = @index
        @trace
      end

      private

      def work
        return drop unless wanted?

        @begun = Clock.milliseconds
        unmasked { @native.hook ? isolated { call_hook } : consume }
        outcome = :done
      rescue Exception => e
        outcome = :failed
        @native.hook ? hook_failed(e) : failed(e)
      ensure
        # Reached without an outcome only when the thread is being killed.
        @native.failed(KILLED_REST, unseen) if outcome.nil? && wanted?
        @native.partial(@index) if @handed_back
        @native.done
        Tracing.leave(@trace_before) if @entered
      end

      # Hooks are for partitions that are gone, too.
      def wanted?
        @native.hook || !(@native.revoked? || @index == @native.size)
      end

      # Threads inherit the mask of the one that starts them, so Timeout and an error tracker's background thread would
      # be out of reach for ever.
      def unmasked(&block)
        Thread.handle_interrupt(Object => :immediate, &block)
      end

      # User code once for each turn.
      def isolated(&block)
        return Isolation.wrap(@executor, &block) unless @tags && !@native.hook

        tagged(offset: @native.offset(@index), attempt: attempt) { Isolation.wrap(@executor, &block) }
      end

      def tagged(job, &block)
        @tags ? @tags.around(job, &block) : yield
      end

      def consume
        @topic = @group.topic_for(@native.topic)
        @batch_consuming = @topic.batch_consuming
        @marks = @group.automatically_mark_as_consumed && !@topic.marks_by_hand
        @spans = Tracing.detect
        # A message that is consumed alone is isolated alone.
        return isolated { take_turn(@controllers.fetch(@native, @topic)) } if @batch_consuming

        take_turn(isolated { @controllers.fetch(@native, @topic) })
      end

      def take_turn(controller)
        @controller = controller
        batch = Params::ParamsBatch.new(@native, @topic, @index)
        observe do
          controller.karafka_take_turn { @batch_consuming ? consume_batch(batch) : consume_each(batch) }
        end
      ensure
        @controller&.karafka_forget_batch
      end

      def consume_batch(batch)
        @controller.params_batch = batch
        @spans ? call_in_span(batch) : @controller.call
        Mark.set(@native, batch.last_offset, @group) if @marks
      end

      # A message is a job of its own: its offset is safe once it is done, and a stop need not wait for the others.
      def consume_each(batch)
        automatic = @marks
        told = automatic && Karafka.monitor.listening?(Mark::EVENT)
        last = @native.size
        status = App.status
        enter_trace
        while @index < last
          # Reported when the instance is free again: the core may hand out the rest at once.
          return @handed_back = true if @native.cut_short? || status.stopped?

          isolated { consume_single(batch) }
          told ? Mark.set(@native, @native.offset(@index), @group) : (@native.mark_record(@index) if automatic)
          @index += 1
        end
      end

      def consume_single(batch)
        # Isolating may have brought new code.
        @controller = @controllers.fetch(@native, @topic) if Routing::Reference.reloading
        params = batch.single(@index)
        @controller.karafka_hold(params)
        @spans ? call_in_span(params) : @controller.call
      end

      # What is told of a failure belongs to the span too, which has ended by then.
      def call_in_span(messages)
        enter_trace unless @entered
        @spans.process(messages) do
          @trace = Tracing.current
          @traced_index = @index
          @controller.call
        end
      end

      def enter_trace
        @trace_before = Tracing.enter(self)
        @entered = true
      end

      # The first hook makes the instance, the last one ends it.
      def call_hook
        topic = @group.topic_for(@native.topic)
        first = @native.hook == "on_assigned"
        controller = first ? @controllers.fetch(@native, topic) : @controllers.take(@native.assignment)
        return unless controller

        controller.karafka_call_hook(@native.hook)
        tell_hook
      end

      def hook_failed(error)
        self.class.stop_for(error)
        @native.lease.raised(error.class.to_s)
        rest = backoff
        report = { **place, hook: @native.hook, error: error, backoff: rest }
        tell("worker.hook_failed", report)
      ensure
        @native.failed(rest || @group.pause_timeout, 0)
      end

      def failed(error)
        self.class.stop_for(error)
        @native.lease.raised(error.class.to_s)
        rest = backoff
        # Told before the core hears of it, which may hand the records out again at once.
        report = { **place, offset: failed_offset, error: error, backoff: rest, time: Clock.milliseconds - @begun }
        tell("worker.failed", report)
      ensure
        @native.failed(rest || @group.pause_timeout, unseen)
      end

      # Fixed, or doubled with each attempt up to a limit.
      def backoff
        return @group.pause_timeout unless @group.pause_exponential_backoff

        doubled = @group.pause_timeout * (2**[attempt - 1, 30].min)
        [doubled, @group.pause_max_timeout].compact.min
      end

      # In batch mode the first message that nobody marked; user code may have marked some before it raised.
      def failed_offset
        return @native.offset(@index) unless @batch_consuming

        @native.offset([[@index, @native.first_unmarked].max, @native.size - 1].min)
      end

      # The first message that was not in user code; what comes again from there on is at its first attempt.
      def unseen
        @batch_consuming ? @native.size : @index + 1
      end

      def drop
        @native.release
        tell("worker.dropped", place)
      end
    end
  end
end
