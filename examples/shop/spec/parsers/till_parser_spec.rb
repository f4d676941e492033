# frozen_string_literal: true

RSpec.describe TillParser do
  it "reads a till's line" do
    expect(described_class.parse("1042|ada|2 tea, 1 mug"))
      .to eq("number" => "1042", "customer" => "ada", "items" => { "tea" => 2, "mug" => 1 })
  end

  it "adds up what is on the line twice" do
    expect(described_class.parse("7|ada|2 tea, 1 mug, 3 tea")["items"]).to eq("tea" => 5, "mug" => 1)
  end

  ["", "1042", "1042|ada|", "1042|ada|tea", "|ada|1 tea", "1042|ada|1 tea\n", "1042|ada|1 t\xFFa"].each do |line|
    it "refuses #{line.inspect} and does not repeat it" do
      expect { described_class.parse(line) }
        .to raise_error(Karafka::Errors::ParserError, "not a till's line (#{line.bytesize} bytes)")
    end
  end

  it "writes JSON" do
    expect(described_class.generate({ "number" => "1042" })).to eq('{"number":"1042"}')
  end
end
