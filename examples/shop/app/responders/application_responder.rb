# frozen_string_literal: true

# Parent of the shop's responders: everything is keyed by customer, so that a customer's messages stay in order.
class ApplicationResponder < Karafka::BaseResponder
  private

  def tell(topic, order)
    respond_to topic, order, key: order["customer"]
  end
end
