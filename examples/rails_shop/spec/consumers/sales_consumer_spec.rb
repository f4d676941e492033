# frozen_string_literal: true

RSpec.describe SalesConsumer do
  subject(:consumer) { karafka.controller_for(:orders) }

  let(:event) { { "id" => 1, "customer" => "ada", "product" => "tea", "cents" => 250, "day" => "2026-01-01" } }

  before { consumer }

  def sales
    DailySale.pluck(:product, :sold, :cents)
  end

  it "counts what was ordered" do
    karafka.produce(event)
    karafka.produce(event.merge("id" => 2, "cents" => 300))
    consumer.consume
    expect(sales).to eq([["tea", 2, 550]])
    expect(consumer.marked_offset).to eq(1)
  end

  it "counts an order once that is announced twice" do
    2.times do
      karafka.produce(event)
      consumer.consume
    end
    expect(sales).to eq([["tea", 1, 250]])
  end

  it "does not count again what comes again" do
    karafka.produce(event)
    consumer.consume
    # Another member, with the same messages.
    other = karafka.controller_for(:orders)
    karafka.produce(event)
    karafka.produce(event.merge("id" => 2))
    other.consume
    expect(sales).to eq([["tea", 2, 500]])
  end
end
