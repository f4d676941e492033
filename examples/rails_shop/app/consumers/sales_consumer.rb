# frozen_string_literal: true

# Counts announced orders. The position in the topic is committed with the counts, so each is counted exactly once.
class SalesConsumer < ApplicationConsumer
  include Karafka::Rails::ExactlyOnce

  def consume
    exactly_once { |messages| Sale.count_in(messages.map(&:payload)) }
  end
end
