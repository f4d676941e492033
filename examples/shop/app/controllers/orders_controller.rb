# frozen_string_literal: true

# Owns the decision on one order: accepted with its price, or rejected with a reason. Called once per message, which is
# done when `consume` has returned. An order that nobody can read must not raise: it would come again for ever, and the
# orders behind it would wait.
class OrdersController < ApplicationController
  def consume
    order = params.payload
    respond_with order.merge("cents" => Shop::Catalogue.price(order.fetch("items")))
  rescue Karafka::Errors::ParserError
    respond_with({ "line" => params.raw_payload.scrub }, "unreadable")
  rescue Shop::Catalogue::UnknownGoods => e
    respond_with order, e.message
  end
end
