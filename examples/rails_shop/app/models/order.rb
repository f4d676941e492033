# frozen_string_literal: true

# What a customer ordered. It is announced to the world (topic `orders`, and a receipt) when it is committed.
class Order < ApplicationRecord
  validates :customer, :product, presence: true
  validates :cents, numericality: { only_integer: true, greater_than: 0 }

  # Committed, and the process ended, or Kafka was away, before they were announced.
  scope :unannounced, -> { where(announced_at: nil) }

  after_create_commit :announce

  # May happen twice when the process ends before the last line; whoever consumes it recognises the id.
  # @return [Boolean] false when Kafka was away: `rails orders:announce` does it later
  def announce
    Karafka.producer.produce_sync(topic: "orders", key: customer, payload: event.to_json)
    ReceiptJob.perform_later(self) or return false
    update_columns(announced_at: Time.current)
  rescue Karafka::Errors::BaseError => e
    logger.warn("order #{id} is not announced: #{e.message}")
    false
  end

  private

  def event
    { id: id, customer: customer, product: product, cents: cents, day: created_at.to_date }
  end
end
