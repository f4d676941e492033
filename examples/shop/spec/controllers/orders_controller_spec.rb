# frozen_string_literal: true

RSpec.describe OrdersController do
  # @return [Array] topic, order, options of the one message that would be sent
  def answer(line)
    sent = consume(:orders, line).flat_map { |topic, list| list.map { |content, options| [topic, content, options] } }
    expect(sent.size).to eq(1)
    topic, content, options = sent.first
    [topic, JSON.parse(content), options]
  end

  it "accepts an order with its price" do
    expect(answer("1|ada|2 tea, 1 mug")).to eq(
      ["accepted_orders",
       { "number" => "1", "customer" => "ada", "items" => { "tea" => 2, "mug" => 1 }, "cents" => 1_900 },
       { key: "ada" }]
    )
  end

  it "rejects what is not sold" do
    topic, order, = answer("2|ada|1 tea, 1 umbrella")
    expect([topic, order.values_at("number", "reason")]).to eq(["rejected_orders", ["2", "no umbrella here"]])
  end

  it "rejects what nobody can read, damaged bytes too" do
    expect(answer("3|ada|a m\xFFg")).to eq(
      ["rejected_orders", { "line" => "3|ada|a m\uFFFDg", "reason" => "unreadable" }, { key: nil }]
    )
  end
end
