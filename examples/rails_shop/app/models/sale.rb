# frozen_string_literal: true

# An order that was counted in DailySale: one that is announced twice counts once.
class Sale < ApplicationRecord
  # Inside of a transaction. The events of an order are all in one partition, so nobody else counts it meanwhile.
  # @param events [Array<Hash>]
  def self.count_in(events)
    known = where(order_id: events.pluck("id")).pluck(:order_id).to_set
    fresh = events.uniq { |event| event["id"] }.reject { |event| known.include?(event["id"]) }
    return if fresh.empty?

    insert_all!(fresh.map { |event| { order_id: event["id"] } })
    # In one order everywhere, so that no two transactions wait for each other.
    fresh.group_by { |event| event.values_at("day", "product") }.sort.each do |(day, product), sold|
      DailySale.add(day, product, sold.size, sold.pluck("cents").sum)
    end
  end
end
