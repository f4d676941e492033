# frozen_string_literal: true

module Shop
  # One order as it leaves a till, and what has to become of it: `topic` and `outcome` (cents, or the reason of a
  # rejection). `id` is the number, or the line of one that nobody can read.
  Sale = Struct.new(:id, :till, :line, :topic, :outcome, keyword_init: true)

  # Owns the orders of one day: the same ones each time, but for their numbers. Knows what has to become of them from
  # how they were made, not from what reads them.
  class Day
    CUSTOMERS = %w[ada grace edsger barbara donald].freeze
    TILLS = %w[front back garden].freeze
    # Every so many orders, one that cannot be read, and one for something that is not sold.
    UNREADABLE = 20
    UNKNOWN = 15

    # @return [Array<Sale>] in the order of the day
    attr_reader :sales

    # @param name [String] begins each number; days of different names can share a cluster
    # @param orders [Integer]
    def initialize(name, orders)
      random = Random.new(1)
      @sales = (1..orders).map { |place| sale("#{name}-#{place}", place, random) }
    end

    # Sends them, each waited for. Keyed by till, because a till's orders have to stay in order.
    # @return [void]
    # @raise [Karafka::Errors::DeliveryFailed]
    def sell
      sales.each { |sale| WaterDrop::SyncProducer.call(sale.line, topic: "orders", key: sale.till) }
    end

    private

    def sale(number, place, random)
      till = TILLS.sample(random: random)
      head = "#{number}|#{CUSTOMERS.sample(random: random)}|"
      return unreadable(till, "#{head}something nice") if (place % UNREADABLE).zero?
      return unknown(number, till, head) if (place % UNKNOWN).zero?

      items = Catalogue::PRICES.keys.sample(random.rand(1..3), random: random).to_h { |name| [name, random.rand(1..4)] }
      Sale.new(id: number, till: till, line: head + items.map { |name, quantity| "#{quantity} #{name}" }.join(", "),
               topic: "receipts", outcome: items.sum { |name, quantity| Catalogue::PRICES.fetch(name) * quantity })
    end

    def unreadable(till, line)
      Sale.new(id: line, till: till, line: line, topic: "rejected_orders", outcome: "unreadable")
    end

    def unknown(number, till, head)
      Sale.new(id: number, till: till, line: "#{head}1 tea, 2 umbrella", topic: "rejected_orders",
               outcome: "no umbrella here")
    end
  end
end
