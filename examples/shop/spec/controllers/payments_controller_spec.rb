# frozen_string_literal: true

RSpec.describe PaymentsController do
  let(:bank) { Shop::Bank.instance }

  def order(number)
    { "number" => "payment-#{number}", "customer" => "ada", "cents" => number }
  end

  it "charges each order" do
    consume(:accepted_orders, order(1), order(2))
    expect(bank.charged).to include("payment-1" => 1, "payment-2" => 2)
  end

  it "charges an order once that comes again" do
    expect { 2.times { consume(:accepted_orders, order(3)) } }.to change { bank.troubles.last }.by(1)
    expect(bank.charged).to include("payment-3" => 3)
  end

  it "raises when the bank is away, and has charged what came before" do
    numbers = (100..(100 + Shop::Bank::ORDERS_IN_A_ROW)).to_a
    expect { consume(:accepted_orders, *numbers.map { |number| order(number) }) }.to raise_error(Shop::Bank::Away)
    expect(bank.charged).to include("payment-100" => 100)
    expect(bank.charged).not_to include("payment-#{numbers.last}")
  end
end
