# frozen_string_literal: true

class CreateOrders < ActiveRecord::Migration[6.1]
  def change
    create_table :orders do |t|
      t.string :customer, null: false
      t.string :product, null: false
      t.integer :cents, null: false
      t.datetime :announced_at, index: true
      t.timestamps
    end

    create_table :receipts do |t|
      t.references :order, null: false, index: { unique: true }, foreign_key: true
      t.text :text, null: false
    end
  end
end
