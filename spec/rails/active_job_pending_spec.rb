# frozen_string_literal: true

require "spec_helper"
require_relative "support/jobs"

# Owns that jobs which wait are each in one place only, whatever comes, goes and comes back: compared with plain lists.
RSpec.describe Karafka::Rails::ActiveJob::Pending do
  subject(:pending) { described_class.new }

  def entry(offset, due, payload = "x")
    described_class::Entry.new(offset, due, 0, payload, nil, false)
  end

  it "gives those that are due, the earliest first, and of one time in their order" do
    [5, 3, 9, 3, 7].each_with_index { |due, offset| pending.add(entry(offset, due)) }
    expect([pending.due?(2), pending.due?(3)]).to eq([false, true])
    expect(pending.take_due(7, 3).map(&:offset)).to eq([1, 3, 0])
    expect(pending.take_due(7, 3).map(&:offset)).to eq([4])
    expect([pending.size, pending.first.offset]).to eq([5, 0])
  end

  it "is full by its number and by its bytes" do
    stub_const("#{described_class}::LIMIT", 2)
    stub_const("#{described_class}::BYTES", 10)
    pending.add(entry(0, 1, "x" * 9))
    expect(pending.full?).to be(false)
    pending.add(entry(1, 1, nil))
    expect(pending.full?).to be(true)
    pending.forwarded(pending.first)
    pending.add(entry(2, 1, "x" * 10))
    pending.forwarded(pending.first)
    expect([pending.full?, pending.size]).to eq([true, 1])
  end

  it "has each job in one place over 3,000 random steps" do
    random = Random.new(RSpec.configuration.seed)
    here = []
    away = []
    3_000.times do |step|
      case random.rand(5)
      when 0, 1
        here << entry(step, random.rand(100))
        pending.add(here.last)
      when 2
        expected = here.select { |it| it.due <= 50 }.sort.first(3)
        expect(pending.take_due(50, 3)).to eq(expected)
        here -= expected
        away += expected
      when 3
        expected = here.sort_by(&:offset).select { |it| it.offset <= step / 2 }.first(3)
        expect(pending.take_first(step / 2, 3)).to eq(expected)
        here -= expected
        away += expected
      else
        away.shuffle!(random: random).shift(2).each_with_index do |one, index|
          index.zero? ? pending.forwarded(one) : pending.put_back(one) && here << one
        end
      end
      expect([pending.size, pending.first]).to eq([here.size + away.size, (here + away).min_by(&:offset)])
    end
  end
end
