# frozen_string_literal: true

RSpec.describe AnswersController do
  let(:inbox) { Shop::Inbox.instance }

  it "puts receipts and rejections into the inbox, each with the topic it came by" do
    receipt = { "number" => "answer-1", "cents" => 350 }
    rejection = { "line" => "answer-2|?", "reason" => "unreadable" }
    consume(:receipts, receipt)
    consume(:rejected_orders, rejection)
    expect(inbox["answer-1"]).to eq(["receipts", receipt])
    expect(inbox["answer-2|?"]).to eq(["rejected_orders", rejection])
    expect(inbox.complete?(["answer-1", "answer-2|?"], 0)).to be(true)
    expect(inbox.complete?(%w[answer-1 answer-3], 0)).to be(false)
  end
end
