# frozen_string_literal: true

# Owns turning payments into receipts, a batch at a time: what one call of a responder is given is sent together.
class ReceiptsController < ApplicationController
  def consume
    respond_with params_batch.payloads
  end
end
