# frozen_string_literal: true

require "json"

# Owns what one line of the log looks like, as text, as JSON or as a Hash, and how it gets into a logger of any kind.
# Runs on the thread where the event happened. Must not write what is inside messages, and must make one line of
# anything: a text may hold any bytes.
module Karafka
  module Instrumentation
    # @api private
    module LogLine
      # What an event may be told at; the second is for loggers that have only `info` and `error`.
      LEVELS = { debug: nil, info: :info, warn: :info, error: :error, fatal: :error }.freeze
      # How a logger is asked whether it takes a level.
      ASKED = LEVELS.to_h { |level, _| [level, :"#{level}?"] }.freeze
      # What may be told of an event beside numbers, true and false. Whatever else it has may be a message's.
      TEXTS = %i[group topic code reason phase worker signal hook address caller progname].freeze
      # Data of messages, whatever type it is of; and what a line has of its own.
      LEFT_OUT = %i[key payload headers data options message level event error].freeze
      # Characters of one text, and lines of one backtrace.
      LIMIT = 4_000
      FRAMES = 50
      FRAME_LIMIT = 300
      TEXT_FRAMES = 10
      # What ends a line for some readers; JSON escapes the others itself.
      SEPARATORS = /[\u0085\u2028\u2029]/
      BREAKS = /[[:cntrl:]\u2028\u2029]+/
      private_constant :ASKED, :LEFT_OUT, :SEPARATORS, :BREAKS

      class << self
        # @param logger [Logger, Object] see `config.logger`
        # @param level [Symbol] one of {LEVELS}, unless `config.log.levels` has another for this event
        # @param event [Event]
        # @param text [String, nil] for people; without it the block is asked, once somebody wants the line
        # @param more [Hash{Symbol => Object}] of the line, beside what the event has
        # @return [void]
        def write(logger, level, event, text = nil, **more)
          log = App.config.log
          level = log.levels.fetch(event.id, level)
          return unless wanted?(logger, level)

          text = one_line(text || yield)
          payload = event.payload.merge(more)
          case log.format
          when :json then put(logger, level, json(level, text, event: event.id, payload: payload))
          when :hash then say(logger, level, { message: text, event: event.id, **fields(payload) })
          else say(logger, level, plain(text, payload))
          end
        end

        # @param level [String, Symbol]
        # @param text [String] cleaned
        # @param event [String, nil] its name
        # @param payload [Hash{Symbol => Object}]
        # @param time [Time]
        # @return [String] one line, without its end
        def json(level, text, event: nil, payload: {}, time: Time.now)
          line = { time: time.getutc.strftime("%Y-%m-%dT%H:%M:%S.%LZ"), level: level, event: event,
                   message: text, **fields(payload), pid: ::Process.pid, thread: thread }
          JSON.generate(line.compact).gsub(SEPARATORS) { |it| format('\u%04x', it.ord) }
        end

        # @param object [Object] whatever is to be a text
        # @return [String] UTF-8, not too long
        def clean(object, limit = LIMIT)
          bytes = String(object)
          text = utf8(bytes.byteslice(0, limit * 4))
          text.size > limit || bytes.bytesize > limit * 4 ? "#{text[0, limit]}..." : text
        rescue StandardError
          # A message of an error may be code of the user, too.
          "#<#{Setup::Problems.type(object)}>"
        end

        # @return [String] as {clean}, in one line
        def one_line(object, limit = LIMIT)
          clean(object, limit).gsub(BREAKS, " ").strip
        end

        # @param error [Exception]
        # @return [String] class and message, in one line
        def describe(error)
          "#{error.class}: #{one_line(message(error))}"
        end

        private

        # Lines that nobody wants cost as little as can be.
        def wanted?(logger, level)
          return false if level == :off

          asked = ASKED.fetch(level)
          !logger.respond_to?(asked) || logger.public_send(asked)
        end

        # Around the logger's formatter, and around tags that it writes in front: neither would leave it JSON.
        def put(logger, level, line)
          logger.respond_to?(:<<) ? logger << "#{line}\n" : say(logger, level, line)
        end

        def say(logger, level, line)
          level = LEVELS[level] unless logger.respond_to?(level)
          logger.public_send(level, line) if level
        end

        def plain(text, payload)
          lines = backtrace(payload, TEXT_FRAMES)
          "#{text}#{" (#{lines.join(" < ")})" if lines}"
        end

        def fields(payload)
          error = payload[:error]
          { **payload.except(*LEFT_OUT).filter_map { |name, value| field(name, value) }.to_h,
            backtrace: (backtrace(payload, FRAMES) unless error),
            error: (failure(error) if error) }.compact
        end

        def field(name, value)
          case value
          when Float then [named(name), value.finite? ? value.round(3) : value.to_s]
          when Integer, true, false then [named(name), value]
          when String, Symbol, Module then [name, one_line(value)] if TEXTS.include?(name)
          when Array then [name, partitions(value)] if name == :partitions
          end
        end

        # The time of a line is when, that of an event is how long.
        def named(name)
          name == :time ? :duration_ms : name
        end

        def partitions(list)
          list.map { |it| "#{one_line(it[:topic])}/#{it[:partition].to_i}" }
        end

        # Without the cause: a parser's own error may quote the payload.
        def failure(error)
          { class: one_line(error.class.name || "an unnamed class"), message: clean(message(error)),
            backtrace: frames(error.backtrace, FRAMES) }.compact
        end

        def message(error)
          error.message
        rescue StandardError => e
          "its message cannot be read, that raised #{e.class}"
        end

        def backtrace(payload, limit)
          error = payload[:error]
          frames(error ? error.backtrace : payload[:backtrace], limit)
        end

        def frames(lines, limit)
          lines&.first(limit)&.map { |line| one_line(line, FRAME_LIMIT) }
        end

        def thread
          current = Thread.current
          current.name || (current == Thread.main ? "main" : current.native_thread_id.to_s)
        end

        # Bytes are taken for UTF-8: that is what most of them are.
        def utf8(text)
          text = text.dup.force_encoding(Encoding::UTF_8) if text.encoding == Encoding::BINARY
          text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
        rescue EncodingError
          text.b.encode(Encoding::UTF_8, invalid: :replace, undef: :replace)
        end
      end
    end
  end
end
