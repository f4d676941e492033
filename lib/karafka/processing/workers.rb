# frozen_string_literal: true

# Owns the threads that run user code. Each waits in the core, without the GVL, for the next batch of any group. Ends
# when the inbox is closed. Must not decide what becomes of a batch: UnitOfWork does.
module Karafka
  module Processing
    class Workers
      # Where a worker keeps which assignment it works for.
      PLACE = :karafka_assignment

      # @param assignment [Integer]
      # @return [Array<String>, nil] where the worker is that has a job of it; nil when none has
      def self.backtrace_of(assignment)
        Thread.list.find { |thread| thread.thread_variable_get(PLACE) == assignment }&.backtrace
      end

      # @param inbox [Native::Inbox]
      # @param groups [Array<Routing::ConsumerGroup>] in the order of the numbers their consumers were started with
      # @param controllers [Controllers]
      # @param concurrency [Integer] how many threads
      def initialize(inbox, groups, controllers, concurrency)
        @inbox = inbox
        @groups = groups
        @controllers = controllers
        @memory = Memory.new
        @lock = Mutex.new
        @threads = {}
        concurrency.times { |number| start(number) }
      end

      # Waits for all threads to end.
      # @param timeout [Numeric, nil] seconds
      # @return [Boolean] have they?
      def join(timeout)
        deadline = timeout && (Clock.now + timeout)
        threads.all? { |thread| thread.join(*(deadline && [[deadline - Clock.now, 0].max])) }
      end

      # Ends user code that was given up, once the inbox is closed.
      # @param timeout [Numeric] seconds
      # @return [Boolean] have all ended?
      def kill(timeout)
        threads.each(&:kill)
        join(timeout)
      end

      private

      def threads
        @lock.synchronize { @threads.values }
      end

      def start(number)
        # Inherited by the thread, from its first moment to its last.
        thread = Thread.handle_interrupt(Object => :never) { Thread.new { work(number) } }
        thread.name = name(number)
        @lock.synchronize { @threads[number] = thread }
      end

      def work(number)
        while (native = take)
          Thread.current.thread_variable_set(PLACE, native.assignment)
          UnitOfWork.new(native, @groups.fetch(native.group), @controllers).run
          # This local must not keep the batch from the garbage collector while the thread waits.
          native = nil
          Thread.current.thread_variable_set(PLACE, nil)
          Tracing.clear
          @memory.bound
        end
      rescue Exception => e
        error = e
      ensure
        # Without an end of the work, the thread is.
        died(number, native, error) unless @inbox.closed?
      end

      # Everywhere else nothing may end this thread from outside: a batch between the wait and the UnitOfWork that owns
      # it would be nobody's.
      def take
        Thread.handle_interrupt(Object => :on_blocking) { @inbox.next_job(nil) }
      end

      # User code may kill its thread; the others must not be left with its work. The job, if there was one, has ended
      # as failed: UnitOfWork sees to that.
      def died(number, native, error)
        replaced = replace(number)
        @inbox.worker_died(replaced)
        place = { group: nil, topic: nil, partition: nil }
        place = { group: @groups.fetch(native.group).name, topic: native.topic, partition: native.partition } if native
        report = { worker: name(number), **place, error: error, replaced: replaced }
        Thread.handle_interrupt(Object => :immediate) { Karafka.monitor.instrument("worker.died", report) }
      rescue Exception => e
        UnitOfWork.stop_for(e)
      end

      # @return [Boolean] false: the system gives no thread, or the process is ending
      def replace(number)
        start(number)
        true
      rescue ThreadError
        false
      end

      def name(number)
        "karafka-worker-#{number}"
      end
    end
  end
end
