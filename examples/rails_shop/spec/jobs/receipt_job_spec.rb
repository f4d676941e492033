# frozen_string_literal: true

RSpec.describe ReceiptJob do
  it "writes one receipt, however often it runs" do
    order = Order.create!(customer: "ada", product: "tea", cents: 250)
    2.times { described_class.perform_now(order) }
    expect(Receipt.pluck(:order_id, :text)).to eq([[order.id, "Dear ada, we charged 250 cents for tea."]])
  end
end
