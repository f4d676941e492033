# frozen_string_literal: true

RSpec.describe Shop::Audit do
  let(:sales) do
    [Shop::Sale.new(id: "1", topic: "receipts", outcome: 350),
     Shop::Sale.new(id: "2", topic: "receipts", outcome: 1_200),
     Shop::Sale.new(id: "3|?", topic: "rejected_orders", outcome: "unreadable")]
  end
  let(:inbox) do
    { "1" => ["receipts", { "customer" => "ada", "cents" => 350 }],
      "2" => ["receipts", { "customer" => "ada", "cents" => 1_200 }],
      "3|?" => ["rejected_orders", { "reason" => "unreadable" }] }
  end
  let(:charged) { { "1" => 350, "2" => 1_200 } }

  def audit(inbox: {}, charged: {})
    described_class.new(sales, inbox: self.inbox.merge(inbox), charged: self.charged.merge(charged))
  end

  it "says OK when every order came to its end" do
    expect(audit).to be_right
    expect(audit.to_s).to eq("verdict: OK, 3 orders, 2 charged once and answered with a receipt, " \
                             "1 rejected and not charged; 15.50 in all")
    expect(audit.customers).to eq([["ada", 2, 1_550]])
  end

  it "sees an order without an answer" do
    expect(audit(inbox: { "2" => nil }).differences).to eq(["2 was not answered"])
  end

  it "sees a wrong answer" do
    wrong = audit(inbox: { "1" => ["receipts", { "cents" => 1 }], "3|?" => ["receipts", { "cents" => 5 }] })
    expect(wrong.differences).to eq(["1 got 1 from receipts, not 350 from receipts",
                                     '3|? got 5 from receipts, not "unreadable" from rejected_orders'])
  end

  it "sees a wrong charge, a missing one and one too many" do
    wrong = audit(charged: { "1" => 351, "2" => nil, "3|?" => 5 })
    expect(wrong.to_s).to eq("verdict: WRONG (3): 1 was charged 351, not 350; 2 was charged nil, not 1200; " \
                             "3|? was charged 5, not nil")
  end
end
