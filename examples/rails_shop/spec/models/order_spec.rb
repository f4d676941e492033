# frozen_string_literal: true

RSpec.describe Order do
  let(:order) { described_class.create!(customer: "ada", product: "tea", cents: 250) }

  it "is announced when it is committed, not before" do
    expect { described_class.transaction { order.then { raise ActiveRecord::Rollback } } }.not_to have_produced
  end

  it "is announced later when Kafka was away" do
    order.update_columns(announced_at: nil)
    expect(described_class.unannounced).to eq([order])
    expect { order.announce }.to have_produced.to(:orders).with_payload(hash_including("id" => order.id))
    expect(described_class.unannounced).to eq([])
  end
end
