# frozen_string_literal: true

# Owns the part of the stand-in that records spans; see sdk.rb.
module OpenTelemetry
  module SDK
    class << self
      def configure
        settings = Configurator.new
        yield settings if block_given?
        OpenTelemetry.propagation = OpenTelemetry::Trace::Propagation::TraceContext::TextMapPropagator.new
        OpenTelemetry.tracer_provider = Trace::TracerProvider.new(settings.processors)
      end
    end

    # What `configure` gives.
    class Configurator
      attr_reader :processors

      def initialize
        @processors = []
      end

      def add_span_processor(processor)
        @processors << processor
      end

      def service_name=(name); end
    end

    module Trace
      # Samples as the environment says.
      class TracerProvider
        Limits = Struct.new(:link_count_limit)

        attr_reader :processors

        def initialize(processors)
          @processors = processors
        end

        def tracer(_name = nil, _version = nil)
          Tracer.new(self)
        end

        def span_limits
          Limits.new(Integer(ENV.fetch("OTEL_SPAN_LINK_COUNT_LIMIT", 128)))
        end

        def sampled?(parent)
          return parent.trace_flags.sampled? if parent.valid?

          ENV["OTEL_TRACES_SAMPLER"] != "parentbased_always_off"
        end
      end

      # Makes spans.
      class Tracer
        KINDS = %i[internal server client producer consumer].freeze

        def initialize(provider)
          @provider = provider
        end

        def in_span(name, attributes: nil, links: nil, kind: nil)
          span = start_span(name, attributes: attributes, links: links, kind: kind)
          context = OpenTelemetry::Trace.context_with_span(span)
          OpenTelemetry::Context.with_current(context) { yield span, context }
        ensure
          span&.finish
        end

        def start_span(name, with_parent: nil, attributes: nil, links: nil, kind: nil)
          check(name, attributes, kind || :internal)
          parent = OpenTelemetry::Trace.current_span(with_parent).context
          sampled = @provider.sampled?(parent)
          context = OpenTelemetry::Trace::SpanContext.new(
            **(parent.valid? ? { trace_id: parent.trace_id, tracestate: parent.tracestate } : {}),
            trace_flags: OpenTelemetry::Trace::TraceFlags.new(sampled ? 1 : 0)
          )
          return OpenTelemetry::Trace.non_recording_span(context) unless sampled

          data = SpanData.new(name, kind || :internal, OpenTelemetry::Trace::Status.new(1, ""), parent.span_id,
                              attributes.to_h.dup, links, nil, context.span_id, context.trace_id, context.trace_flags)
          Span.new(context, data, @provider.processors)
        end

        private

        def check(name, attributes, kind)
          raise ArgumentError, "name is #{name.inspect}" unless String === name && name.encoding == Encoding::UTF_8
          raise ArgumentError, "kind is #{kind.inspect}" unless KINDS.include?(kind)

          attributes&.each { |key, value| Span.check(key, value) }
        end
      end

      SpanData = Struct.new(:name, :kind, :status, :parent_span_id, :attributes, :links, :events, :span_id, :trace_id,
                            :trace_flags) do
        def hex_span_id
          span_id.unpack1("H*")
        end

        def hex_trace_id
          trace_id.unpack1("H*")
        end
      end

      Event = Struct.new(:name, :attributes)

      # One that is recorded.
      class Span < OpenTelemetry::Trace::Span
        def self.check(key, value)
          fine = [true, false].include?(value) || Numeric === value || (String === value && value.valid_encoding?)
          raise ArgumentError, "attribute #{key.inspect} is #{value.inspect}" unless String === key && fine
        end

        def initialize(context, data, processors)
          super(span_context: context)
          @data = data
          @processors = processors
        end

        def recording?
          !@ended
        end

        def set_attribute(key, value)
          raise "set_attribute on an ended span" if @ended

          Span.check(key, value)
          @data.attributes[key] = value
          self
        end

        def add_event(name, attributes: nil)
          raise "add_event on an ended span" if @ended

          attributes&.each { |key, value| Span.check(key, value) }
          (@data.events ||= []) << Event.new(name, attributes)
          self
        end

        def status=(status)
          raise "status= on an ended span" if @ended

          @data.status = status
        end

        def finish
          raise "finish of an ended span" if @ended

          @ended = true
          @processors.each { |processor| processor.on_finish(@data) }
          self
        end
      end

      module Export
        # Keeps what has ended.
        class InMemorySpanExporter
          def initialize
            @lock = Mutex.new
            @spans = []
          end

          def export(spans)
            @lock.synchronize { @spans.concat(spans) }
          end

          def finished_spans
            @lock.synchronize { @spans.dup }
          end

          def reset
            @lock.synchronize { @spans.clear }
          end
        end

        # Gives each to its exporter at once.
        class SimpleSpanProcessor
          def initialize(exporter)
            @exporter = exporter
          end

          def on_finish(span)
            @exporter.export([span])
          end
        end
      end
    end
  end
end
