# frozen_string_literal: true

# Owns the way of receipts and rejections to the customer.
class AnswersController < ApplicationController
  def consume
    Shop::Inbox.instance.put(topic.name, params.payload)
  end
end
