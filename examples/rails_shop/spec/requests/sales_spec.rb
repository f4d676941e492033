# frozen_string_literal: true

RSpec.describe "Sales", type: :request do
  it "shows what was sold" do
    DailySale.add("2026-01-01", "tea", 3, 750)
    get root_path
    expect(response.body).to match(%r{<td>tea</td>\s*<td>3</td>\s*<td>\$7\.50</td>})
  end
end
