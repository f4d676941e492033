# frozen_string_literal: true

# Owns when an order counts as paid: when the bank has charged it and its payment is written down. Each is marked by
# itself, so a bank that goes away in the middle of a batch is asked again from the order that it did not charge, and
# not for those before. Between charge and mark the process may end: the order then comes again, and the bank knows its
# number.
class PaymentsController < ApplicationController
  def consume
    params_batch.each do |params|
      order = params.payload
      Shop::Bank.instance.charge(order.fetch("number"), order.fetch("cents"))
      respond_with order
      mark_as_consumed(params)
    end
  end
end
