# frozen_string_literal: true

# Owns the tables of docs/events.md, made from lib/karafka/instrumentation/events.rb alone; the prose around them is
# written by hand. Run by `rake docs` and its spec, in a process that has loaded the gem. Must not print.
module Docs
  # What is said of one key of one event.
  EventKey = Struct.new(:name, :type, :note) do
    # @return [Boolean] may it be nil?
    def optional?
      [type, note].any? { |text| text&.match?(/\bnil\b/) }
    end

    def to_s
      type_of, *unit = type.sub(", or nil", " or nil").split(", ")
      ["`#{name}` #{type_of}", unit.join(", "), note].compact.reject(&:empty?).join(", ")
    end
  end

  class Events
    ROOT = File.expand_path("../..", __dir__)
    PATH = File.join(ROOT, "docs/events.md")
    SOURCE = File.join(ROOT, "lib/karafka/instrumentation/events.rb")
    KEY = /\A(\w+)(?: \(([^()]*)\))?(?:, |\z)/

    class << self
      # @param event [String]
      # @return [String] when it is sent
      def moment(event)
        Karafka::Instrumentation::EVENTS.fetch(event).partition(": ").first
      end

      # @param event [String]
      # @return [Array<EventKey>] what its payload holds
      # @raise [KeyError] a key has no type
      # @raise [ArgumentError] the list of keys is none
      def keys(event)
        list = Karafka::Instrumentation::EVENTS.fetch(event).partition(": ").last
        return [] if list == "none"

        found = []
        until list.empty?
          match = KEY.match(list) or raise ArgumentError, "#{event}: #{list.inspect} is no list of keys"
          name = match[1].to_sym
          found << EventKey.new(name, Karafka::Instrumentation::KEYS.fetch(name), match[2])
          list = match.post_match
        end
        found
      end
    end

    # @return [String] what the file should be
    def text
      tables = sections.map { |name, events| section(name, events) }.join("\n")
      File.read(PATH).sub(/(?<=<!-- table: events -->\n).*?(?=<!-- end -->)/m) { tables }
    end

    private

    # As the comments between the events say.
    def sections
      found = {}
      File.foreach(SOURCE, chomp: true) do |line|
        case line
        when /\A    }/ then break unless found.empty?
        when /\A      # (.+)/ then found[Regexp.last_match(1)] = []
        when /\A      "([\w.]+)" => "/ then found[found.keys.last] << Regexp.last_match(1)
        end
      end
      found
    end

    def section(name, events)
      rows = events.map { |event| "| `#{event}` | #{self.class.moment(event)} | #{payload(event)} |\n" }
      "### #{name}\n\n| event | when | payload |\n| --- | --- | --- |\n#{rows.join}"
    end

    def payload(event)
      self.class.keys(event).map(&:to_s).join("<br>").gsub("|", "\\|")
    end
  end
end
