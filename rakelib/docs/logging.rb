# frozen_string_literal: true

# Owns the table of docs/logging.md: which events the log tells, and at which level, as log_listener.rb says it. The
# prose around it is written by hand. Run by `rake docs` and its spec, in a process that has loaded the gem.
module Docs
  class Logging
    PATH = File.expand_path("../../docs/logging.md", __dir__)
    LISTENER = Karafka::Instrumentation::LogListener
    LEVELS = Karafka::Instrumentation::LogLine::LEVELS.keys

    # @return [String] what the file should be
    def text
      File.read(PATH).sub(/(<!-- table: levels -->\n).*?(<!-- end -->)/m) do
        "#{Regexp.last_match(1)}#{table}#{Regexp.last_match(2)}"
      end
    end

    # @return [Hash{String => Array<Symbol>}] levels by event; of events that have a line
    def levels
      told = Karafka::Instrumentation::EVENTS.keys.to_h { |event| [event, levels_of(event)] }
      told.reject { |_, levels| levels.empty? }
    end

    private

    def table
      rows = levels.map do |event, levels|
        when_sent = Karafka::Instrumentation::EVENTS.fetch(event).partition(": ").first
        "| `#{event}` | #{levels.join(" or ")} | #{when_sent.gsub("|", "\\|")} |\n"
      end
      "| event | level | when |\n| --- | --- | --- |\n#{rows.join}"
    end

    # Each level that its method writes at. An alias has the lines of what it is another name of.
    def levels_of(event)
      name = :"on_#{event.tr(".", "_")}"
      return [] unless LISTENER.respond_to?(name)

      path, first = LISTENER.method(name).source_location
      body = File.readlines(path).drop(first).take_while { |line| line != "        end\n" }.join
      LEVELS & body.scan(/\b(#{LEVELS.join("|")})\(event/).flatten.map(&:to_sym)
    end
  end
end
