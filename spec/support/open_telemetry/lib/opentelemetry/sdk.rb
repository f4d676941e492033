# frozen_string_literal: true

require "logger"
require "securerandom"

# Owns a stand-in for the gems opentelemetry-api and opentelemetry-sdk, for machines that have no way to them: of their
# API what karafka_rs calls and its specs look at, with the same names, arguments and results. Where the real ones drop
# and log what is wrong, this one raises. Must not do anything that the real ones do not.
module OpenTelemetry
  class << self
    attr_writer :propagation, :error_handler
    attr_accessor :tracer_provider

    def propagation
      @propagation ||= Context::Propagation::NoopTextMapPropagator.new
    end

    def handle_error(exception: nil, message: nil)
      @error_handler ? @error_handler.call(exception: exception, message: message) : raise(exception || message)
    end
  end

  # What is current, for each fiber.
  class Context
    STACK = :stand_in_context
    private_constant :STACK

    class << self
      def current
        stack.last || ROOT
      end

      def attach(context)
        stack.push(context).size
      end

      def detach(token)
        matched = token == stack.size
        OpenTelemetry.handle_error(message: "detach does not match attach") unless matched
        stack.pop
        matched
      end

      def with_current(context)
        token = attach(context)
        yield context
      ensure
        detach(token)
      end

      def clear
        stack.clear
      end

      private

      def stack
        Thread.current[STACK] ||= []
      end
    end

    def initialize(entries)
      @entries = entries.freeze
    end

    def value(key)
      @entries[key]
    end

    def set_value(key, value)
      Context.new(@entries.merge(key => value))
    end

    ROOT = new({})

    module Propagation
      # What there is until somebody sets up something.
      class NoopTextMapPropagator
        def inject(carrier, context: nil); end

        def extract(_carrier, context: Context.current)
          context
        end
      end
    end
  end

  module Trace
    SPAN = Object.new
    private_constant :SPAN

    class << self
      def current_span(context = nil)
        (context || Context.current).value(SPAN) || Span::INVALID
      end

      def context_with_span(span, parent_context: Context.current)
        parent_context.set_value(SPAN, span)
      end

      def non_recording_span(span_context)
        Span.new(span_context: span_context)
      end
    end

    TraceFlags = Struct.new(:flags) do
      def sampled?
        flags == 1
      end
    end

    Tracestate = Struct.new(:text) do
      def to_s
        text.to_s
      end
    end

    # Identifiers are bytes.
    class SpanContext
      attr_reader :trace_id, :span_id, :trace_flags, :tracestate

      def initialize(trace_id: SecureRandom.bytes(16), span_id: SecureRandom.bytes(8), trace_flags: TraceFlags.new(0),
                     tracestate: Tracestate.new, remote: false)
        @trace_id, @span_id, @trace_flags, @tracestate, @remote = trace_id, span_id, trace_flags, tracestate, remote
      end

      def hex_trace_id
        trace_id.unpack1("H*")
      end

      def hex_span_id
        span_id.unpack1("H*")
      end

      def valid?
        !trace_id.count("^\0").zero? && !span_id.count("^\0").zero?
      end

      def remote?
        @remote
      end

      INVALID = new(trace_id: "\0" * 16, span_id: "\0" * 8)
    end

    # One that nobody records.
    class Span
      attr_reader :context

      def initialize(span_context: nil)
        @context = span_context || SpanContext.new
      end

      def recording? = false
      def set_attribute(_key, _value) = self
      def add_event(*, **) = self
      def status=(status); end
      def finish = self

      INVALID = new(span_context: SpanContext::INVALID)
    end

    Link = Struct.new(:span_context, :attributes) do
      def initialize(span_context, attributes = {})
        raise ArgumentError, "no SpanContext: #{span_context.inspect}" unless span_context.instance_of?(SpanContext)

        super
      end
    end

    Status = Struct.new(:code, :description)
    # What a span's end may have been.
    class Status
      UNSET = 1
      ERROR = 2

      def self.error(description = "")
        new(ERROR, description)
      end
    end

    module Propagation
      module TraceContext
        # Of small letters only; and it has a trap of the real one: what it finds is put upon the current context.
        class TextMapPropagator
          VALID = /\A00-(\h{32})-(\h{16})-(\h{2})\z/

          def inject(carrier, context: Context.current)
            found = Trace.current_span(context).context
            return unless found.valid?

            flags = found.trace_flags.sampled? ? "01" : "00"
            carrier["traceparent"] = "00-#{found.hex_trace_id}-#{found.hex_span_id}-#{flags}"
            carrier["tracestate"] = found.tracestate.to_s unless found.tracestate.to_s.empty?
          end

          def extract(carrier, context: Context.current)
            trace_id, span_id, flags = VALID.match(carrier["traceparent"].to_s)&.captures
            return context unless trace_id

            found = SpanContext.new(trace_id: [trace_id].pack("H*"), span_id: [span_id].pack("H*"), remote: true,
                                    trace_flags: TraceFlags.new(flags.hex & 1),
                                    tracestate: Tracestate.new(carrier["tracestate"]))
            Trace.context_with_span(Trace.non_recording_span(found))
          end
        end
      end
    end
  end

  module Internal
    # What there is until the SDK is set up.
    class ProxyTracerProvider; end
  end

  self.tracer_provider = Internal::ProxyTracerProvider.new
end

require_relative "stand_in_sdk"
