# frozen_string_literal: true

# Owns what W3C Trace Context says about one place in one trace: reading it from the headers of a record, adding it to
# those of another. Pure; any thread. Must never raise for what somebody else has sent.
module Karafka
  module Tracing
    # A place in a trace, as the headers `traceparent` and `tracestate` name it. What is read is passed on as it came,
    # letter by letter: who records no span of its own forwards, and by the standard a forwarder changes nothing. A new
    # parent-id would name an operation that no one has recorded, and leave what comes after it without a parent; the
    # sampled flag may change only together with the parent-id.
    class TraceContext
      # Versions to come may add fields behind these; ff is none. All zeros name nothing.
      TRACEPARENT = /\A(?!ff)\h{2}-(?!0{32})\h{32}-(?!0{16})\h{16}-\h{2}(-|\z)/
      # Characters of today's version, which has nothing behind its flags.
      SIZE = 55
      # Characters of a header that are passed on, at most.
      LONGEST = 8_192
      private_constant :TRACEPARENT, :SIZE, :LONGEST

      class << self
        # @param headers [Hash, nil]
        # @return [TraceContext, nil] nil when there is no valid `traceparent`
        def read(headers)
          return unless Hash === headers && !headers.empty?

          traceparent = text(Headers.value(headers, "traceparent"))
          new(traceparent, text(Headers.value(headers, "tracestate"))) if traceparent && valid?(traceparent)
        end

        private

        # What is not ASCII is not of this standard, and may not even be text.
        def text(value)
          value if String === value && value.ascii_only? && value.size.between?(1, LONGEST)
        end

        # The standard wants small letters.
        def valid?(text)
          return false if text.match?(/[A-F]/) || !text.match?(TRACEPARENT)

          text.size == SIZE || !text.start_with?("00")
        end
      end

      # @return [String]
      attr_reader :traceparent
      # @return [String, nil] what tracing systems add for themselves
      attr_reader :tracestate

      # @param traceparent [String] a valid one
      # @param tracestate [String, nil]
      # @api private
      def initialize(traceparent, tracestate = nil)
        @traceparent = traceparent
        @tracestate = tracestate
      end

      # @return [String] 32 hexadecimal digits: the whole trace
      def trace_id
        @traceparent[3, 32]
      end

      # @return [String] 16 hexadecimal digits: the operation in it
      def span_id
        @traceparent[36, 16]
      end

      # @return [Boolean] is the trace recorded, as far as its senders know?
      def sampled?
        @traceparent[53, 2].hex.odd?
      end

      # @return [Hash{String => String}] for a record, or an HTTP request
      def headers
        @tracestate ? { "traceparent" => @traceparent, "tracestate" => @tracestate } : { "traceparent" => @traceparent }
      end

      # @return [Boolean]
      def ==(other)
        TraceContext === other && headers == other.headers
      end

      # @return [TraceContext] self
      # @api private
      def trace
        self
      end

      # Carries the trace on with a message.
      # @yieldparam headers [Hash] those of the message, and the trace's unless the message has a trace of its own
      # @return [Object] what the block gave
      # @api private
      def produce(_topic, _payload, headers)
        yield add_to(headers)
      end

      # As {#produce}, for messages together.
      # @yieldparam messages [Array<Hash>]
      # @return [Object] what the block gave
      # @api private
      def produce_many(messages)
        return yield(messages) unless Headers.messages?(messages)

        yield(messages.map { |message| message.merge(headers: add_to(message[:headers])) })
      end

      private

      def add_to(given)
        Headers.given?(given, "traceparent") ? given : Headers.add(given, headers)
      end
    end
  end
end
