# frozen_string_literal: true

require "singleton"

# Owns what the process does on INT, QUIT, TERM (stop), TSTP (consume nothing more) and TTIN (tell where threads are).
# The trap itself only puts the signal into a queue, since little else is allowed there; a thread of its own runs what
# users registered and tells the monitor.
module Karafka
  # @example
  #   Karafka::Process.instance.on_sigterm { Metrics.flush }
  class Process
    include Singleton

    # What is handled while the server runs.
    SIGNALS = %w[INT QUIT TERM TSTP TTIN].freeze
    # Of them, what asks the application for something at once.
    REQUESTS = { "INT" => :stop!, "QUIT" => :stop!, "TERM" => :stop!, "TSTP" => :quiet! }.freeze
    private_constant :REQUESTS
    # Seconds that callbacks may still take when the server has stopped.
    CALLBACK_TIMEOUT = 5

    def initialize
      @callbacks = Hash.new { |all, signal| all[signal] = [] }
      @signals = Queue.new
    end

    SIGNALS.each do |signal|
      # Adds a block to run when the signal comes, before the server stops.
      # @return [void]
      define_method(:"on_sig#{signal.downcase}") { |&block| @callbacks[signal] << block }
    end

    # Handles signals while the block runs, and restores the handlers that were there before. A signal asks for a
    # graceful stop, TSTP for quiet, TTIN for the backtraces of all threads; a second one changes nothing.
    # @return [Object] what the block returned
    # @api private
    def supervise
      before = trap_all
      reader = Thread.new { read_signals }
      reader.name = "karafka-signals"
      yield
    ensure
      before&.each { |signal, handler| ::Signal.trap(signal, handler || "DEFAULT") }
      @signals << nil
      finish(reader) if reader
    end

    private

    def trap_all
      SIGNALS.to_h do |signal|
        handler = ::Signal.trap(signal) do
          @signals << signal
          App.public_send(REQUESTS[signal]) if REQUESTS.key?(signal)
        end
        [signal, handler]
      end
    end

    # A callback that hangs must not keep the process.
    def finish(reader)
      return if reader.join(CALLBACK_TIMEOUT)

      message = "a signal callback still ran #{CALLBACK_TIMEOUT} s after the stop and was ended"
      Karafka.monitor.instrument("app.warning", message: message)
      reader.kill
    end

    def read_signals
      while (signal = @signals.pop)
        Karafka.monitor.instrument("process.notice_signal", caller: self, signal: "SIG#{signal}")
        dump_threads if signal == "TTIN"
        @callbacks[signal].each { |callback| run(callback) }
      end
    end

    def dump_threads
      threads = Thread.list.map do |thread|
        { name: thread.name || thread.inspect, status: thread.status, backtrace: thread.backtrace || [] }
      end
      Karafka.monitor.instrument("process.threads_dumped", threads: threads)
    end

    # A callback that raises must not keep the next one, or the stop, from happening.
    def run(callback)
      callback.call
    rescue StandardError => e
      Karafka.monitor.notice_error(self.class, e)
    end
  end
end
