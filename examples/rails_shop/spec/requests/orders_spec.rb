# frozen_string_literal: true

RSpec.describe "Orders", type: :request do
  def place(**attributes)
    post orders_path, params: { order: attributes }, as: :json
  end

  it "are announced to Kafka, and get a receipt" do
    expect { place(customer: "ada", product: "tea", cents: 250) }
      .to have_produced.to(:orders).with_key("ada").with_payload(hash_including("product" => "tea", "cents" => 250))
    expect(response).to have_http_status(:created)
    order = Order.find(response.parsed_body["id"])
    expect(order.announced_at).to be_present
    expect(ReceiptJob).to have_been_enqueued.with(order)
  end

  it "are refused when they make no sense" do
    expect { place(customer: "ada", product: "tea", cents: 0) }.not_to have_produced
    expect(response).to have_http_status(:unprocessable_entity)
    expect(response.parsed_body["errors"]).to eq(["Cents must be greater than 0"])
  end

  it "can be placed on the page" do
    post orders_path, params: { order: { customer: "bob", product: "mug", cents: 800 } }
    expect(response).to redirect_to(root_path)
  end
end
