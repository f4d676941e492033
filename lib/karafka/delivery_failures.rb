# frozen_string_literal: true

# Owns the thread that tells the monitor about messages nobody waits for and Kafka did not take, about trouble of the
# client, and about deliveries when somebody listens. One per producer, started with the first message that is not
# waited for, ends with the producer. Must not raise into user code.
module Karafka
  # @api private
  class DeliveryFailures
    # Seconds that subscribers may take with what is told last before the rest is told by who closes.
    JOIN_TIMEOUT = 2
    # Seconds that a closed client may take to give up what it has.
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

    # Called when the producer is closed: tells what is left. Again after it was interrupted: goes on.
    # @return [void]
    def stop
      # A subscriber that it tells may close the producer.
      @thread&.join(JOIN_TIMEOUT) unless Thread.current == @thread
      drain unless Thread.current == @drainer
    end

    private

    def run
      @running = true
      # nil comes when the producer is closed and everything was told.
      while (notice = @native.next_notice(nil))
        tell(notice)
      end
    rescue Errors::ClosedError, Errors::ForkError
      nil
    ensure
      @running = false
    end

    def drain
      @drainer = Thread.current
      # The client tells what it gives up while it ends, on a thread of its own; nil comes when that is done.
      while (notice = @native.next_notice(END_TIMEOUT))
        tell(notice)
      end
    rescue Errors::ClosedError
      nil
    ensure
      @drainer = nil
    end

    def tell(notice)
      return Karafka.monitor.instrument("producer.delivered", notice) if notice.key?(:size)
      return tell_statistics(notice[:statistics]) if notice.key?(:statistics)
      return tell_trouble(notice) if notice[:topic].to_s.empty?

      Karafka.monitor.instrument("producer.delivery_failed", notice)
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
      message = trouble[:message]
      # The core tells only lines of errors.
      line = { group: "producer", level: 3, message: message }
      return Karafka.monitor.instrument("connection.log", line) if code == "_LOG"

      Karafka.monitor.instrument("connection.error", group: "producer", code: code, message: message, fatal: false)
    end

    def tell_statistics(native)
      read = Instrumentation::Statistics.new(native)
      Karafka.monitor.instrument("statistics.emitted", { group: "producer", statistics: read })
    end
  end
end
