# frozen_string_literal: true

# Owns how commands ask a cluster: how long, what is said when it does not answer, and that somebody who waits sees that
# something goes on. Runs on the main thread. Must not know what is asked.
module Karafka
  class Cli
    # For commands with the option `timeout`.
    # @api private
    module Cluster
      # Seconds without a sign after which somebody at a terminal is shown one.
      QUIET = 1

      private

      # @yield asks; each question is bounded by the option `timeout`
      # @raise [UsageError] no broker answers
      def reach(addresses)
        yield
      rescue Errors::ConnectionError, Errors::TimeoutError => e
        raise UsageError, "#{e.message}; no answer from #{Array(addresses).join(",")} within #{timeout} s: check " \
                          "that the brokers run there, or give them more --timeout"
      rescue Interrupt
        # The end of the process would wait for the thread that still asks.
        exit!(interrupted)
      end

      # The exit code of who asked for an end.
      def interrupted
        130
      end

      def timeout
        seconds = options[:timeout]
        return seconds.to_f if seconds.positive?

        raise UsageError, "--timeout is #{seconds}; give seconds above 0"
      end

      # Looks until the block gives something.
      # @return [Object, nil] nil when it took too long
      def await(what)
        started = now
        until (result = yield)
          return if now - started > timeout

          progress("#{what} (#{(now - started).round} s)") if now - started > QUIET
          sleep 0.1
        end
        result
      ensure
        progress("")
      end

      # One line that the next one writes over; nothing where nobody looks.
      def progress(text)
        return unless $stderr.tty?

        $stderr.print("\r\e[K#{text}")
      end

      def now
        Clock.now
      end
    end
  end
end
