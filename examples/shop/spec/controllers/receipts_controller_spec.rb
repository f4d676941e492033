# frozen_string_literal: true

RSpec.describe ReceiptsController do
  it "answers a batch with a receipt for each payment, keyed by customer" do
    sent = consume(:payments,
                   { "number" => "1", "customer" => "ada", "items" => { "tea" => 2, "mug" => 1 }, "cents" => 1_900 },
                   { "number" => "2", "customer" => "grace", "items" => { "kettle" => 300 }, "cents" => 1_497_000 })
    expect(sent.keys).to eq(["receipts"])
    expect(sent["receipts"].map { |content, options| [JSON.parse(content)["text"], options] }).to eq(
      [["ada, thank you for 2 tea, 1 mug: 19.00", { key: "ada" }],
       ["grace, thank you for 300 kettle: 14,970.00", { key: "grace" }]]
    )
  end
end
