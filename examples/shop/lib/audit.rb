# frozen_string_literal: true

module Shop
  # Owns the judgement of a day: what customers were told and the bank has charged, against what had to become of each
  # order. Pure.
  class Audit
    # Differences that fit on the line.
    SHOWN = 5

    # @param sales [Array<Sale>]
    # @param inbox [#[]] topic and answer by order
    # @param charged [Hash{String => Integer}] cents by order
    def initialize(sales, inbox:, charged:)
      @sales = sales
      @inbox = inbox
      @charged = charged
    end

    # @return [Boolean]
    def right?
      differences.empty?
    end

    # @return [Array<String>] empty when all is as it should be
    def differences
      @differences ||= @sales.filter_map { |sale| answer_problem(sale) || charge_problem(sale) }
    end

    # @return [Array<Array>] customer, receipts, cents; by name
    def customers
      receipts = @sales.filter_map { |sale| @inbox[sale.id] }.select { |topic, _| topic == "receipts" }.map(&:last)
      by_name = receipts.group_by { |receipt| receipt["customer"] }.sort
      by_name.map { |name, list| [name, list.size, list.sum { |receipt| receipt["cents"] }] }
    end

    # @return [String] one line
    def to_s
      return "verdict: OK, #{agreement}" if right?

      more = differences.size - SHOWN
      "verdict: WRONG (#{differences.size}): #{differences.first(SHOWN).join("; ")}" \
        "#{"; and #{more} more" if more.positive?}"
    end

    private

    def agreement
      paid, rejected = @sales.partition { |sale| sale.topic == "receipts" }
      "#{@sales.size} orders, #{paid.size} charged once and answered with a receipt, " \
        "#{rejected.size} rejected and not charged; #{Shop.money(paid.sum(&:outcome))} in all"
    end

    def answer_problem(sale)
      topic, answer = @inbox[sale.id]
      return "#{sale.id} was not answered" unless topic

      outcome = answer["cents"] || answer["reason"]
      return if [topic, outcome] == [sale.topic, sale.outcome]

      "#{sale.id} got #{outcome.inspect} from #{topic}, not #{sale.outcome.inspect} from #{sale.topic}"
    end

    def charge_problem(sale)
      due = sale.outcome if sale.topic == "receipts"
      "#{sale.id} was charged #{@charged[sale.id].inspect}, not #{due.inspect}" if @charged[sale.id] != due
    end
  end
end
