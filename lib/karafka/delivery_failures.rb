# frozen_string_literal: true

# Owns the thread that tells the monitor about messages nobody waits for and Kafka did not take, and about trouble of
# the client. One per producer, started with the first message that is not waited for, ends with the producer. Must not
# raise into user code.
module Karafka
  # @api private
  class DeliveryFailures
    # Seconds of one wait for a failure.
    SLICE = 1
    # Seconds that a closed client may take to end.
    END_TIMEOUT = 5
    # Seconds in which the same trouble of the client is told once.
    QUIET = 10

    # @param native [Native::Producer]
    def initialize(native)
      @native = native
      @lock = Mutex.new
      @told = {}
    end

    # @return [Boolean, nil] is the thread there? False again when it ends, whoever ends it
    attr_reader :running

    # @return [void]
    def start
      return if @thread&.alive?

      @lock.synchronize do
        next if @thread&.alive?

        @thread = Thread.new { run }.tap do |thread|
          thread.name = "karafka-delivery-failures"
          thread.report_on_exception = false
        end
      end
    end

    # Called when the producer is closed: tells what is left.
    # @return [void]
    def stop
      @thread&.join(SLICE * 2)
      drain
    end

    private

    def run
      @running = true
      until @native.closed?
        failure = @native.next_failure(SLICE)
        tell(failure) if failure
      end
    rescue Errors::ClosedError, Errors::ForkError
      nil
    ensure
      @running = false
    end

    def drain
      # The client tells what it gives up while it ends, on a thread of its own; nil comes when it has ended.
      while (failure = @native.next_failure(END_TIMEOUT))
        tell(failure)
      end
    rescue Errors::ClosedError
      nil
    end

    def tell(failure)
      return tell_trouble(failure) if failure[:topic].to_s.empty?

      Karafka.monitor.instrument("producer.delivery_failed", failure)
    rescue Exception => e
      # A subscriber may raise anything; the next failure must be told all the same.
      Karafka.monitor.notice_error(self.class, e)
    end

    # Without a topic it is not about a message but about the client. While brokers are away librdkafka repeats itself
    # several times a second.
    def tell_trouble(trouble)
      now = Clock.now
      code = trouble[:code]
      return if @told[code] && now - @told[code] < QUIET

      @told[code] = now
      event = code == "_LOG" ? "connection.log" : "connection.error"
      Karafka.monitor.instrument(event, group: "producer", code: code, message: trouble[:message], fatal: false)
    end
  end
end
