# frozen_string_literal: true

require_relative "tracing/headers"
require_relative "tracing/trace_context"
require_relative "tracing/spans"
require_relative "tracing/producing"

# Owns which trace the code at hand belongs to, with OpenTelemetry or without. Any thread; each has its own. Must cost
# nothing where there is no trace, and must not load OpenTelemetry.
module Karafka
  # Traces through Kafka. A record carries its place in a trace in its headers (W3C Trace Context); what is produced
  # while it is consumed carries it on. Where the application has OpenTelemetry, consuming and producing are spans too.
  # @example in a log line
  #   Karafka::Tracing.current&.trace_id
  # @example which of the records of a batch
  #   params_batch.each { |params| Karafka::Tracing.with(params) { Karafka.producer.produce_async(...) } }
  module Tracing
    # Where a fiber keeps whose trace is current: an object with `trace`.
    CURRENT = :karafka_trace
    # Where a worker keeps its job, for fibers that the job makes.
    JOB = :karafka_traced_job
    # Has no trace, whatever is around it.
    NONE = Struct.new(:trace).new(nil).freeze
    private_constant :CURRENT, :JOB, :NONE

    class << self
      # Has the block belong to the trace of a message, or of headers that came another way, an HTTP request's for
      # example; to none when there is none in them. With OpenTelemetry a message has a span of its own here.
      # @param source [Params::Params, Hash{String => String, nil}]
      # @return [Object] what the block gave
      # @raise [ArgumentError] it is neither
      # @example
      #   Karafka::Tracing.with("traceparent" => request.headers["traceparent"]) { yield }
      def with(source, &block)
        headers = headers_of(source)
        return yield unless App.config.tracing

        install
        spans = detect
        return spans.process(source, &block) if spans && Params::Params === source
        return spans.continue(headers, &block) if spans

        within(TraceContext.read(headers) || NONE, &block)
      end

      # @return [TraceContext, nil] the trace that the code at hand belongs to, with `trace_id`, `span_id`, `sampled?`;
      #   nil when there is none
      def current
        return unless App.config.tracing

        spans&.context || carried
      end

      # @return [Hash{String => String}] what a message would carry if it were produced now, for requests that go
      #   another way
      def headers
        return {} unless App.config.tracing

        spans ? spans.fields : carried&.headers || {}
      end

      # Looks whether the application has loaded OpenTelemetry by now. `boot!`, each new producer and each job do so;
      # who loads it later than all of these, in a process that consumes nothing, calls this afterwards.
      # @return [Module, nil] who makes spans
      def detect
        return unless App.config.tracing

        if !@spans && Spans.loaded?
          @spans = Spans
          install
        end
        spans
      end

      # @return [Spans, TraceContext, nil] who carries the trace at hand on
      # @api private
      def outgoing
        trace = (@spans && spans) || carried
        trace if trace && App.config.tracing
      end

      # A job begins whose messages are consumed one by one.
      # @param job [#trace] asked for the trace of the message at hand when somebody wants to know
      # @return [Object, nil] what was current, for {leave}
      # @api private
      def enter(job)
        install
        thread = Thread.current
        thread.thread_variable_set(JOB, job)
        thread[CURRENT].tap { thread[CURRENT] = job }
      end

      # The job is over.
      # @param before [Object, nil] what {enter} gave
      # @return [void]
      # @api private
      def leave(before)
        Thread.current[CURRENT] = before
        Thread.current.thread_variable_set(JOB, nil)
      end

      # A thread of ours begins anew: what user code has left behind, because it was interrupted for example, must not
      # get into the next job.
      # @return [void]
      # @api private
      def clear
        Thread.current[CURRENT] = nil
        @spans&.clear
      end

      private

      # OpenTelemetry may be there and not be set up: then what it should propagate is ours.
      def spans
        @spans if @spans&.on?
      end

      # Asked for with each message that is produced: the first place is where it is as a rule.
      def carried
        (Thread.current[CURRENT] || Thread.current.thread_variable_get(JOB))&.trace
      end

      def within(holder)
        thread = Thread.current
        before = thread[CURRENT]
        begin
          thread[CURRENT] = holder
          yield
        ensure
          thread[CURRENT] = before
        end
      end

      def install
        Producing.install(Producer)
      end

      def headers_of(source)
        return source.headers if Params::Params === source
        return source if Hash === source

        raise ArgumentError, "Tracing.with #{Setup::Problems.show(:source, source)} cannot be; " \
                             "give a message, such as params or params_batch.first, or a Hash of headers"
      end
    end
  end
end
