# frozen_string_literal: true

require "json"
require "zlib"

# Owns what the benchmark sends: the same bytes for the same kind and number, everywhere, so that whoever consumes can
# tell whether they are what was sent. Pure, but for reading the flights of the example once.
module Records
  # Where the real records are: 20,000 flights of 2001.
  FLIGHTS = File.expand_path("../examples/flights/data/flights-20k.json.gz", __dir__)
  # Kind => the field that is summed, and how a record is made from its number.
  KINDS = {
    "small" => ["id", ->(number) { small(number) }],
    "flights" => ["delay", ->(number) { flights[number % flights.size] }],
    "nested" => ["id", ->(number) { nested(number, 5) }],
    "large" => ["id", ->(number) { nested(number, 75) }]
  }.freeze

  class << self
    # @param kind [String]
    # @return [String] the name of the field that is summed
    def field(kind)
      kind(kind).first
    end

    # @return [String] JSON
    def json(number, kind = "small")
      kind(kind).last.call(number)
    end

    # @return [Hash{String => Integer}] what is found in so many records when nothing is lost, doubled or changed
    def facts(kind, count)
      name = field(kind)
      facts = { "records" => count, "bytes" => 0, "byte_sum" => 0, "sum" => 0 }
      count.times do |number|
        text = json(number, kind)
        facts["bytes"] += text.bytesize
        facts["byte_sum"] += text.sum(64)
        facts["sum"] += name == "id" ? number : Integer(text[/"#{name}":(-?\d+)/, 1])
      end
      facts
    end

    private

    def kind(name)
      KINDS.fetch(name) { abort "records: #{name.inspect} is not one of #{KINDS.keys.join(", ")}" }
    end

    # 100 bytes.
    def small(number)
      text = %({"id":#{number},"user":"user-#{number % 5_000}","action":"view","amount":#{number % 900}.25,"note":")
      "#{text}#{"x" * (98 - text.bytesize)}\"}"
    end

    # Some 95 bytes each.
    def flights
      @flights ||= JSON.parse(Zlib.gunzip(File.binread(FLIGHTS))).map { |flight| JSON.generate(flight) }
    end

    # An order with so many lines: 1 KB with 5, 10 KB with 75.
    def nested(number, lines)
      customer = { name: "Customer #{number % 5_000}", address: { street: "Long Street #{number % 200}", city: "Łódź" },
                   tags: %w[new mobile], score: 0.5, active: true, note: nil }
      items = Array.new(lines) do |line|
        { line: line, sku: "sku-#{(number + line) % 10_000}", price: { amount: (line * 3) + 0.99, currency: "EUR" },
          options: ["gift", { wrap: "red" }], sold: false, left: nil }
      end
      JSON.generate(id: number, customer: customer, items: items, comment: "Call \"first\"\n#{"z" * 170}")
    end
  end
end
