# frozen_string_literal: true

# Owns the spans of OpenTelemetry: what they are called, what they say, whom they belong to, by the conventions for
# messaging. Any thread. Names of OpenTelemetry are looked up when they are needed, since the application loads it, or
# does not. Must not break the work it watches, and must tell nothing that is inside a message.
module Karafka
  module Tracing
    # @api private
    module Spans
      # Of links that a span keeps, where its limits cannot be asked.
      LINKS = 128

      class << self
        # @return [Boolean] has the application loaded OpenTelemetry?
        def loaded?
          !defined?(::OpenTelemetry::Context::Propagation).nil? && ::OpenTelemetry.respond_to?(:propagation)
        end

        # @return [Boolean] is it set up? Gems may have loaded it that nobody has configured
        def on?
          !(::OpenTelemetry::Context::Propagation::NoopTextMapPropagator === propagation &&
            ::OpenTelemetry::Internal::ProxyTracerProvider === ::OpenTelemetry.tracer_provider)
        end

        # A span around the consumption of a message, or of a batch. That of a message is a child of the one that sent
        # it, and linked to it; that of a batch is linked to all that sent its messages.
        # @param messages [Params::Params, Params::ParamsBatch]
        # @return [Object] what the block gave
        def process(messages, &block)
          span, context = safely do
            Params::Params === messages ? start_single(messages) : start_batch(messages)
          end
          span ? run(span, context, &block) : yield
        end

        # Has the block belong to a trace that came another way, without a span of ours.
        # @param headers [Hash]
        # @return [Object] what the block gave
        def continue(headers, &block)
          context = safely { propagation.extract(Headers.carrier(headers), context: current) }
          context ? within(context, &block) : yield
        end

        # A span around the sending of a message. For one that nobody waits for it ends when the message is on its way.
        # @yieldparam headers [Hash] those of the message, and the trace's
        # @return [Object] what the block gave
        def produce(topic, payload, headers)
          return yield(headers) unless String === topic

          attributes = { **sending(topic), "messaging.kafka.message.tombstone" => (true if nil == payload) }
          span, (traced,) = safely { start_send("send #{topic}", attributes, [headers]) }
          return yield(headers) unless span

          run(span) { told(span, yield(traced)) }
        end

        # As {produce}, for messages together: one span.
        # @yieldparam messages [Array<Hash>]
        # @return [Object] what the block gave
        def produce_many(messages)
          return yield(messages) unless Headers.messages?(messages)

          topics = messages.map { |message| message[:topic] }.uniq
          topic = topics.first if topics.size == 1 && String === topics.first
          attributes = { **sending(topic), "messaging.batch.message_count" => messages.size }
          all = messages.map { |message| message[:headers] }
          span, traced = safely { start_send(["send", topic].compact.join(" "), attributes, all) }
          return yield(messages) unless span

          run(span) { yield(messages.zip(traced).map { |message, headers| message.merge(headers: headers) }) }
        end

        # @return [TraceContext, nil] of the span at hand
        def context
          span_context = ::OpenTelemetry::Trace.current_span.context
          return unless span_context.valid?

          flags = span_context.trace_flags.sampled? ? "01" : "00"
          state = span_context.tracestate.to_s
          TraceContext.new("00-#{span_context.hex_trace_id}-#{span_context.hex_span_id}-#{flags}",
                           state.empty? ? nil : state)
        end

        # @return [Hash{String => String}] what propagates the context at hand
        def fields(context = current)
          {}.tap { |carrier| propagation.inject(carrier, context: context) }
        end

        # @return [void]
        def clear
          ::OpenTelemetry::Context.clear
        end

        private

        def start_single(params)
          ambient = current
          context = propagation.extract(Headers.carrier(params.headers), context: ambient)
          around = span_context(ambient)
          sender = span_context(context)
          sender = nil if sender.equal?(around)
          attributes = {
            **processing(params.batch),
            "messaging.kafka.offset" => params.offset, "karafka.attempt" => params.attempt,
            "messaging.kafka.message.tombstone" => (true if params.tombstone?)
          }
          span = start(name_of(params.batch), :consumer, attributes, links([sender, (around if sender)]), context)
          [span, ::OpenTelemetry::Trace.context_with_span(span, parent_context: context)]
        end

        def start_batch(batch)
          attributes = {
            **processing(batch),
            "messaging.batch.message_count" => batch.size, "karafka.attempt" => batch.attempt
          }
          senders = batch.each_headers.lazy.map { |headers| sender_of(headers) }
          span = start(name_of(batch), :consumer, attributes, links(senders), current)
          [span, ::OpenTelemetry::Trace.context_with_span(span)]
        end

        # A trace that the user has put into the headers is the one that counts: it is linked to, and left as it is.
        # @return [Array(Span, Array<Hash>)] the span, and what each message is sent with
        def start_send(name, attributes, all)
          given = all.map { |headers| sender_of(headers) }
          span = start(name, given.all? ? :client : :producer, attributes, links(given), current)
          fields = fields(::OpenTelemetry::Trace.context_with_span(span))
          [span, all.zip(given).map { |headers, sender| sender ? headers : Headers.add(headers, fields) }]
        end

        def sender_of(headers)
          return unless Hash === headers && !headers.empty?

          found = span_context(propagation.extract(Headers.carrier(headers), context: ::OpenTelemetry::Context::ROOT))
          found if found.valid?
        end

        def start(name, kind, attributes, links, context)
          tracer.start_span(name, with_parent: context, kind: kind, attributes: attributes.compact, links: links)
        end

        # @param context [Context, nil] what the block belongs to, if not what is current
        def run(span, context = nil, &block)
          context ? within(context, &block) : yield
        rescue Exception => e
          safely { failed(span, e) }
          raise
        ensure
          safely { span.finish }
        end

        # What user code has attached and not detached is over, too.
        def within(context, &block)
          before = current
          ::OpenTelemetry::Context.with_current(context) { block.call }
        ensure
          over = [before, ::OpenTelemetry::Context::ROOT]
          ::OpenTelemetry::Context.detach(nil) until over.any? { |it| it.equal?(current) }
        end

        # Not `record_exception`, which tells of the cause too: a parser's own error may quote the payload.
        def failed(span, error)
          code = error.code if Errors::KafkaError === error
          span.set_attribute("error.type", (code || error.class).to_s)
          message = utf8(error.message)
          attributes = { "exception.type" => error.class.to_s, "exception.message" => message }
          attributes["exception.stacktrace"] = utf8(error.backtrace.join("\n")) if error.backtrace
          span.add_event("exception", attributes: attributes)
          span.status = ::OpenTelemetry::Trace::Status.error("#{error.class}: #{message.lines.first&.strip}")
        end

        # Exporters refuse anything else.
        def utf8(text)
          text.to_s.encode(Encoding::UTF_8, invalid: :replace, undef: :replace)
        end

        # Where a message that was waited for is now.
        def told(span, result)
          return result unless Producer::Report === result

          span.set_attribute("messaging.destination.partition.id", result.partition.to_s)
          span.set_attribute("messaging.kafka.offset", result.offset) unless result.offset.negative?
          result
        end

        def sending(topic)
          {
            "messaging.system" => "kafka", "messaging.operation.name" => "send", "messaging.operation.type" => "send",
            "messaging.destination.name" => topic, "messaging.client.id" => ::WaterDrop.config.client_id&.to_s
          }
        end

        def processing(batch)
          {
            "messaging.system" => "kafka", "messaging.operation.name" => "process",
            "messaging.operation.type" => "process", "messaging.destination.name" => batch.source.topic,
            "messaging.destination.partition.id" => batch.partition.to_s,
            "messaging.consumer.group.name" => batch.route&.consumer_group&.id&.to_s,
            "messaging.client.id" => App.config.client_id&.to_s
          }
        end

        def name_of(batch)
          ["process", batch.source.topic].compact.join(" ")
        end

        # Each once: messages that were sent together have the same. No more than the span would keep.
        # @param contexts [Enumerable<SpanContext, nil>]
        def links(contexts)
          found = contexts.select { |context| context&.valid? }.uniq { |context| [context.trace_id, context.span_id] }
          found.first(link_limit).map { |context| ::OpenTelemetry::Trace::Link.new(context) }
        end

        def link_limit
          provider = ::OpenTelemetry.tracer_provider
          provider.respond_to?(:span_limits) ? provider.span_limits.link_count_limit : LINKS
        end

        def span_context(context)
          ::OpenTelemetry::Trace.current_span(context).context
        end

        def current
          ::OpenTelemetry::Context.current
        end

        def propagation
          ::OpenTelemetry.propagation
        end

        def tracer
          ::OpenTelemetry.tracer_provider.tracer("karafka_rs", VERSION)
        end

        # What OpenTelemetry, or what was put into it, raises is told where it tells its own errors.
        def safely
          yield
        rescue StandardError => e
          ::OpenTelemetry.handle_error(exception: e, message: "karafka_rs could not make a span")
          nil
        end
      end
    end
  end
end
