# frozen_string_literal: true

class CreateShop < ActiveRecord::Migration[6.1]
  def change
    create_table :orders do |t|
      t.string :customer, null: false
      t.string :product, null: false
      t.integer :cents, null: false
      t.datetime :announced_at, index: true
      t.timestamps
    end

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

    create_table :receipts do |t|
      t.references :order, null: false, index: { unique: true }, foreign_key: true
      t.text :text, null: false
    end
  end
end
