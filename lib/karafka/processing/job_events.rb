# frozen_string_literal: true

# Owns what a {UnitOfWork} tells of its job: that it begins, is a retry, ends or fails. On the worker that has it.
# Must build nothing of a batch that nobody hears of.
module Karafka
  module Processing
    # @api private
    module JobEvents
      private

      # A subscriber is user code too.
      def tell(event, report)
        unmasked do
          tagged(report.slice(:offset, :attempt)) do
            Isolation.try(@executor) { Karafka.monitor.instrument(event, report) }
          end
        end
      end

      def observe
        monitor = Karafka.monitor
        tell_start(monitor)
        return yield unless monitor.listening?("worker.process")

        from = @index
        report = { **extent, consumed: 0 }
        monitor.instrument("worker.process", report) do
          yield
          report[:consumed] = @batch_consuming ? report[:size] : @index - from
        end
      end

      def tell_start(monitor)
        waited = @native.age * 1000 if monitor.listening?("worker.started")
        monitor.instrument("worker.started", { **extent, waited: waited }) if waited
        monitor.instrument("worker.retry", extent) if attempt > 1 && monitor.listening?("worker.retry")
      end

      def tell_hook
        report = place.slice(:group, :topic, :partition)
        Karafka.monitor.instrument("worker.hook", { **report, hook: @native.hook, time: Clock.milliseconds - @begun })
      end

      def extent
        { **place, first_offset: @native.offset(@index), last_offset: @native.offset(@native.size - 1) }
      end

      def place
        {
          group: @group.name, topic: @native.topic, partition: @native.partition,
          size: @native.size - @index, attempt: attempt
        }
      end

      # Attempts are of the record the batch was handed out from; those behind it are new.
      def attempt
        @index == @native.first ? @native.attempt : 1
      end
    end
  end
end
