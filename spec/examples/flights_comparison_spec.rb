# frozen_string_literal: true

require_relative "../../examples/flights/lib/flights"
require_relative "../../examples/flights/lib/comparison"

# Owns the proof that the verdict of the flights example sees each kind of mistake.
RSpec.describe Flights::Comparison do
  let(:airports) do
    { "ATL" => { flights: 3, mean_delay: 2.5, alerts: 3 }, "BOS" => { flights: 1, mean_delay: 0.0, alerts: 0 } }
  end
  let(:expected_alerts) { { "ATL" => [1, 5, 9], "BOS" => [] } }
  let(:alerts) { [["ATL", 1], ["ATL", 5], ["ATL", 9]] }

  def compare(airports: self.airports, alerts: self.alerts)
    described_class.new(airports: airports, alerts: alerts, expected_airports: self.airports,
                        expected_alerts: expected_alerts)
  end

  it "says OK when all is as in the file" do
    expect(compare).to be_equal
    expect(compare.to_s).to eq(
      "verdict: OK, all 6 figures of 2 airports are those of the file; 3 alerts arrived once each, in order"
    )
  end

  it "does not mind how alerts of different airports are mixed" do
    comparison = described_class.new(
      airports: airports, alerts: [["BOS", 2], ["ATL", 1]], expected_airports: airports,
      expected_alerts: { "ATL" => [1], "BOS" => [2] }
    )
    expect(comparison).to be_equal
  end

  it "sees a dropped alert" do
    expect(compare(alerts: [["ATL", 1], ["ATL", 9]]).differences).to eq(["ATL alert 5 was lost"])
  end

  it "sees a doubled alert, at once or later" do
    expect(compare(alerts: [*alerts, ["ATL", 1]]).differences).to eq(["ATL alert 1 came 2 times"])
    expect(compare(alerts: [["ATL", 1], *alerts]).differences).to eq(["ATL alert 1 came 2 times"])
  end

  it "sees alerts of an airport out of order, also when another one is lost" do
    expect(compare(alerts: alerts.reverse).differences).to eq(["ATL alert 9 came before 1"])
    expect(compare(alerts: [["ATL", 9], ["ATL", 5]]).differences)
      .to eq(["ATL alert 1 was lost", "ATL alert 9 came before 5"])
  end

  it "sees an alert that should not have come, of a known and of an unknown airport" do
    expect(compare(alerts: [*alerts, ["BOS", 4], ["XXX", 7]]).differences)
      .to eq(["BOS alert 4 should not have come", "XXX alert 7 should not have come"])
  end

  it "sees a wrong figure, a missing airport and one too many" do
    counted = airports.merge("ATL" => { flights: 2, mean_delay: 2.5, alerts: 3 }).except("BOS")
    counted["XXX"] = { flights: 1 }
    expect(compare(airports: counted).differences).to eq(
      ["ATL flights is 2, not 3", "BOS flights is nil, not 1", "BOS mean_delay is nil, not 0.0",
       "BOS alerts is nil, not 0", "XXX flights is 1, not nil"]
    )
  end

  it "keeps to one line, however much is wrong" do
    text = compare(airports: {}, alerts: []).to_s
    expect(text).to start_with("verdict: WRONG, differences from the file (9): ATL flights is nil, not 3; ")
    expect(text).to end_with("; and 4 more")
    expect(text.lines.size).to eq(1)
  end
end
