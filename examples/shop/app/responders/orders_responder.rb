# frozen_string_literal: true

# Owns what leaves when an order was looked at: one message, to one of two topics.
class OrdersResponder < ApplicationResponder
  topic :accepted_orders, required: false
  topic :rejected_orders, required: false

  # @param order [Hash]
  # @param reason [String, nil] why it is rejected
  def respond(order, reason = nil)
    reason ? tell(:rejected_orders, order.merge("reason" => reason)) : tell(:accepted_orders, order)
  end
end
