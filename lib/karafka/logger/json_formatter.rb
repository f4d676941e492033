# frozen_string_literal: true

# Owns how lines that the application writes look beside the framework's own in JSON. Called by a logger, on any thread.
module Karafka
  class Logger
    # Makes a line of JSON of whatever is logged. The default logger has it when `config.log.format` is `:json`; any
    # other may be given it.
    # @example
    #   config.logger = Logger.new($stdout, formatter: Karafka::Logger::JsonFormatter.new)
    class JsonFormatter
      # Characters of one line's message.
      LIMIT = 32_000

      # @param severity [String, nil]
      # @param time [Time]
      # @param progname [String, nil]
      # @param message [Object] an Exception is told with its backtrace
      # @return [String] one line
      def call(severity, time, progname, message)
        payload = progname ? { progname: progname } : {}
        payload[:error] = message if Exception === message
        text = case message
               when String then message
               when Exception then lines.describe(message)
               else message.inspect
               end
        text = lines.clean(text, LIMIT)
        "#{lines.json(severity.to_s.downcase, text, payload: payload, time: time)}\n"
      end

      private

      def lines
        Instrumentation::LogLine
      end
    end
  end
end
