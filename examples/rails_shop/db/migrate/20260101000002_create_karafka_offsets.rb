# frozen_string_literal: true

# What Karafka::Rails::ExactlyOnce has applied: one row for each partition of a topic and consumer group.
# Made by `rails g karafka_rs:offsets`.
class CreateKarafkaOffsets < ActiveRecord::Migration[6.1]
  def change
    create_table :karafka_offsets do |t|
      t.string :group_id, null: false
      t.string :topic, null: false
      t.integer :partition, null: false
      t.bigint :next_offset, null: false
      t.datetime :updated_at, null: false

      t.index %i[group_id topic partition], unique: true
    end
  end
end
