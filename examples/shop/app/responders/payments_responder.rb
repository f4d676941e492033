# frozen_string_literal: true

# Owns what leaves when an order was charged.
class PaymentsResponder < ApplicationResponder
  topic :payments

  # @param order [Hash]
  def respond(order)
    tell :payments, order
  end
end
