# frozen_string_literal: true

# Owns nothing but the way of an alert to the board. Called once per message.
class AlertsController < ApplicationController
  def consume
    board.collect(params.partition, params.offset, params.payload)
    Karafka.logger.info { "#{params.payload["origin"]}: #{params.payload["delay"] || "closed"}" }
  end
end
