# frozen_string_literal: true

# Owns what leaves for a batch of payments: a receipt for each.
class ReceiptsResponder < ApplicationResponder
  topic :receipts, multiple_usage: true

  # @param payments [Array<Hash>]
  def respond(payments)
    payments.each { |payment| tell :receipts, payment.merge("text" => text(payment)) }
  end

  private

  def text(payment)
    goods = payment["items"].map { |name, quantity| "#{quantity} #{name}" }.join(", ")
    "#{payment["customer"]}, thank you for #{goods}: #{Shop.money(payment["cents"])}"
  end
end
