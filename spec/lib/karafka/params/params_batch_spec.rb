# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

RSpec.describe Karafka::Params::ParamsBatch do
  include_context "with a fresh app"

  let(:records) { Karafka::Params::HashRecords.new((0..4).map { |n| { value: %({"n":#{n}}), offset: 10 + n } }) }
  let(:topic) { draw.topics.first }
  let(:batch) { described_class.new(records, topic) }

  it "answers about itself without parsing" do
    expect(batch).to have_attributes(size: 5, length: 5, count: 5, empty?: false, topic: "user_events", partition: 0,
                                     first_offset: 10, last_offset: 14, attempt: 1, revoked?: false)
    expect(batch.to_a.map(&:parsed?)).to eq [false] * 5
    expect(batch.count { |params| params[:n] > 2 }).to eq 2
  end

  it "is Enumerable, with and without a block" do
    expect(batch.map { |params| params[:n] }).to eq [0, 1, 2, 3, 4]
    expect(batch.each).to be_a(Enumerator).and have_attributes(size: 5)
    expect(batch.each_with_index.map { |params, index| params[:n] - index }).to eq [0] * 5
    expect(batch.each {}).to be batch
    expect(batch.each_slice(2).map(&:size)).to eq [2, 2, 1]
  end

  it "gives the same object for the same message" do
    expect(batch.first).to be(batch.to_a.first).and be(batch[0])
    expect(batch.last).to be(batch[-1])
  end

  it "indexes like an Array" do
    expect([batch[1].offset, batch[-1].offset, batch[5], batch[-6]]).to eq [11, 14, nil, nil]
    expect([batch[1, 2], batch[3..], batch.first(2), batch.last(2)].map { |list| list.map(&:offset) })
      .to eq [[11, 12], [13, 14], [10, 11], [13, 14]]
  end

  it "parses all when asked" do
    expect(batch.parsed.map(&:parsed?)).to eq [true] * 5
    expect(batch.payloads).to eq((0..4).map { |n| { "n" => n } })
    expect(batch.raw_payloads.first).to eq '{"n":0}'
  end

  it "shows only what is still to be consumed" do
    rest = described_class.new(records, topic, 3)
    expect(rest.map(&:offset)).to eq [13, 14]
    expect([rest.size, rest.first.offset, rest[0].offset, rest[-1].offset, rest.first_offset]).to eq [2, 13, 13, 14, 13]
    done = described_class.new(records, topic, 5)
    expect([done.empty?, done.first, done.last, done.first_offset, done.to_a]).to eq [true, nil, nil, nil, []]
  end

  it "makes batches of one" do
    one = Karafka::Params::Single.new(batch.single(2))
    expect([one.size, one.first.offset, one.to_a.map(&:offset), one[0].payload]).to eq [1, 12, [12], { "n" => 2 }]
    expect(one.first).to be(one.last)
  end

  it "says where it is from, not what is in it" do
    expect(batch.inspect).to eq "#<Karafka::Params::ParamsBatch user_events/0 10..14 (5)>"
  end
end
