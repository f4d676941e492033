# frozen_string_literal: true

require "spec_helper"

RSpec.describe Karafka::Params::IndifferentHash do
  let(:hash) { described_class.from("a" => { b: [{ "c" => 1 }] }, d: 2, 3 => 4) }

  it "converts keys and everything inside" do
    expect(hash.keys).to eq ["a", "d", 3]
    expect([hash[:a][:b][0][:c], hash["a"]["b"][0]["c"], hash[3]]).to eq [1, 1, 4]
  end

  it "reads with either kind of key" do
    expect([hash.fetch(:d), hash.key?(:d), hash.include?("d"), hash.values_at(:d, "d"), hash.dig(:a, :b, 0, :c)])
      .to eq [2, true, true, [2, 2], 1]
    expect { hash.fetch(:x) }.to raise_error(KeyError)
  end

  it "writes with either kind of key" do
    hash[:e] = { f: 1 }
    hash.store("d", 9)
    expect([hash["e"]["f"], hash[:d], hash.delete(:d), hash.key?("d")]).to eq [1, 9, 9, false]
  end

  it "stays what it is when it is cut or joined" do
    cut = [hash.merge(x: 1), hash.slice(:d), hash.except(:a), hash.reject { false }, hash.select { true }, hash.compact]
    expect(cut).to all(be_a(described_class))
    expect(hash.merge("d" => 5) { |_key, old, new| old + new }[:d]).to eq 7
    expect(hash.merge(x: 1)[:x]).to eq 1
    expect(hash.key?(:x)).to be false
  end

  it "turns into plain Hashes" do
    plain = hash.to_h
    expect(plain).to eq("a" => { "b" => [{ "c" => 1 }] }, "d" => 2, 3 => 4)
    expect([plain.class, plain["a"].class, plain["a"]["b"][0].class]).to eq [Hash, Hash, Hash]
    expect(hash.to_h { |key, value| [value, key] }.keys.size).to eq 3
  end
end
