# frozen_string_literal: true

# The projection: what was sold of a product on a day.
class DailySale < ApplicationRecord
  def self.add(day, product, sold, cents)
    insert_all([{ day: day, product: product }], unique_by: %i[day product])
    where(day: day, product: product).update_all(["sold = sold + ?, cents = cents + ?", sold, cents])
  end
end
