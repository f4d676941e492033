# frozen_string_literal: true

class CreateSales < ActiveRecord::Migration[6.1]
  def change
    create_table :sales do |t|
      t.bigint :order_id, null: false, index: { unique: true }
    end

    create_table :daily_sales do |t|
      t.date :day, null: false
      t.string :product, null: false
      t.integer :sold, null: false, default: 0
      t.bigint :cents, null: false, default: 0
      t.index %i[day product], unique: true
    end
  end
end
