# frozen_string_literal: true

require "spec_helper"
require "karafka/cli"

RSpec.describe Karafka::Cli::Pace do
  subject(:pace) { described_class.new }

  def row(committed, last, partition: 0)
    described_class::Row.new(group: "g", topic: "t", partition: partition, committed: committed, end: last,
                             lag: last - committed.to_i)
  end

  def told(row)
    row.to_a.drop(6)
  end

  it "knows no rate from one look" do
    expect(told(pace.add([row(10, 100)], 0).first)).to eq([nil] * 5)
  end

  it "tells the change since the last look, the rate of the last half minute, and when it will have caught up" do
    pace.add([row(10, 100)], 0)
    pace.add([row(10, 110)], 2)
    expect(told(pace.add([row(70, 130)], 4).first)).to eq([60, 15.0, 20, 7.5, 8])
    # What was before the window counts no more.
    expect(told(pace.add([row(70, 130)], 34).first)).to eq([0, 0.0, 0, 0.0, nil])
  end

  it "never catches up while more comes than is done, and tells an offset that goes back" do
    pace.add([row(50, 100)], 0)
    expect(told(pace.add([row(20, 120)], 10).first)).to eq([-30, -3.0, 20, 2.0, nil])
  end

  it "knows of partitions that come later, of first commits and of topics that are missing" do
    missing = described_class::Row.new(group: "g", topic: "gone")
    pace.add([missing], 0)
    pace.add([row(nil, 10)], 2)
    expect(told(pace.add([row(5, 10), missing], 4).first)).to eq([nil, nil, 0, 0.0, nil])
  end

  it "sums a topic" do
    pace.add([row(0, 100), row(nil, 10, partition: 1)], 0)
    rows = pace.add([row(50, 100), row(nil, 15, partition: 1)], 10)
    total = described_class.total(rows)
    expect([total.lag, *told(total)]).to eq([65, 50, 5.0, 5, 0.5, 15])
  end

  it "says times in words" do
    words = { 1 => "1 s", 60 => "1 m", 61 => "1 m 1 s", 7_322 => "2 h 2 m", 90_000 => "1 d 1 h", 172_805 => "2 d 5 s" }
    expect(words.keys.to_h { |seconds| [seconds, described_class.words(seconds)] }).to eq(words)
  end
end
