# frozen_string_literal: true

require_relative "../../faults/checker"
require_relative "../../faults/plan"

# Owns the proof that the checker of `rake faults` sees each promise broken, and no clean history as broken. Journals
# are made by hand; no process, no broker.
RSpec.describe Faults::Checker do
  # Lines of a journal with a time each: one second apart unless an Array says its own.
  def journal(*lines, from: 0)
    lines.each_with_index.map { |line, index| [from + index, *line] }
  end

  def sent(count)
    (0...count).flat_map { |id| [["sent", id, "k", nil], ["acked", id, 0, id]] }
  end

  # What a batch of partition 0 looks like in user code.
  def batch(offsets, lease: 1, attempt: 1, outcome: "ok", done: offsets, marks: [])
    inside = offsets.flat_map do |offset|
      lines = [["begin", lease, 0, offset, offset, "k", "k"]]
      lines << ["done", lease, 0, offset] if done.include?(offset)
      lines << ["mark", lease, 0, offset, false, true] if marks.include?(offset)
      lines
    end
    [["enter", lease, 0, offsets.first, offsets.last, attempt], *inside, ["leave", lease, 0, outcome]]
  end

  def sample(at, committed, high = 3)
    [at, at, [{ partition: 0, committed: committed, low: 0, high: high }]]
  end

  def ended(name = "c1", **others)
    { name: name, pid: 1, asked: "TERM", code: 0, signal: nil, took: 1.0, stderr: "", **others }
  end

  # One consumer, three records, unless told otherwise.
  def check(lines = batch([0, 1, 2]), producer: journal(*sent(3)), samples: [], exits: [ended], stuck: [], **more)
    consumers = { "c1.1" => journal(["assigned", 0], *lines) }.merge(more.transform_keys(&:to_s))
    described_class.new(producer: producer, consumers: consumers, samples: samples, exits: exits, stuck: stuck)
  end

  def kinds(...)
    check(...).violations.map(&:kind)
  end

  it "finds nothing wrong with a clean history, and counts it" do
    retried = batch([0, 1, 2], done: [0], marks: [0], outcome: "RuntimeError") + batch([1, 2], attempt: 2)
    checker = check(retried, samples: [sample(100, 1), sample(101, 3)])
    expect(checker.violations.map(&:to_s)).to eq([])
    expect(checker.figures).to include(produced: 3, acked: 3, consumed: 3, duplicates: 0, samples: 2, processes: 1)
  end

  it "counts what is consumed again after a crash as duplicates, not as a broken promise" do
    second = journal(["assigned", 0], *batch([0, 1, 2], lease: 9), from: 50)
    checker = check(batch([0, 1, 2]), "c2.2": second)
    expect([checker.violations, checker.figures[:duplicates]]).to eq([[], 3])
  end

  it "sees a record that nobody finished" do
    expect(kinds(batch([0, 1]))).to eq(["lost"])
    expect(kinds(batch([0, 1, 2], done: [0, 2]))).to eq(["lost"])
  end

  it "finds a record that was acknowledged without its offset by its number" do
    unplaced = journal(*sent(2), ["sent", 2, "k", nil], ["acked", 2, 0, -1])
    expect(kinds(producer: unplaced)).to eq([])
    expect(kinds(batch([0, 1]), producer: unplaced)).to eq(["lost"])
    expect(check(producer: unplaced).figures[:acked]).to eq(3)
  end

  it "finds a record that was acknowledged at the place of another by its number" do
    displaced = journal(*sent(2), ["sent", 2, "k", nil], ["acked", 2, 0, 0])
    expect(kinds(producer: displaced)).to eq([])
    expect(kinds(batch([0, 1]), producer: displaced)).to eq(["lost"])
    # Data that went and made room for other data is seen all the same.
    replaced = batch([0, 1]).map { |it| it[0, 1] == ["begin"] && it[3] == 0 ? ["begin", *it[1..3], 2, "k", "k"] : it }
    expect(kinds(replaced, producer: displaced)).to include("changed")
  end

  it "sees two acknowledgements of one record" do
    twice = journal(*sent(3), ["acked", 2, 0, 3])
    expect(kinds(batch([0, 1, 2, 3]), producer: twice)).to include("acknowledged twice")
  end

  it "sees a record that is not the one that was produced" do
    change = ->(*details) { batch([0, 1, 2]).map { |it| it[0, 1] == ["begin"] && it[3] == 1 ? details : it } }
    expect(kinds(change.call("begin", 1, 0, 1, 1, "other", "k"))).to eq(["changed"])
    expect(kinds(change.call("begin", 1, 0, 1, 1, "k", "other"))).to eq(["changed"])
    expect(kinds(change.call("begin", 1, 0, 1, 2, "k", "k"))).to eq(["changed"])
    expect(kinds(change.call("begin", 1, 0, 1, 77, "k", "k"))).to eq(["changed"])
    elsewhere = journal(["sent", 0, "k", 4], ["acked", 0, 0, 0])
    expect(kinds(batch([0]), producer: elsewhere)).to eq(["changed"])
  end

  describe "order" do
    it "sees a jump inside a batch, between batches, and back" do
      expect(kinds(batch([0, 2, 1]))).to include("order")
      expect(kinds(batch([0]) + batch([2]) + batch([1], lease: 2))).to eq(["order"])
      expect(kinds(batch([0, 1]) + batch([1, 2]))).to eq(["order"])
    end

    it "sees a failed batch that goes on behind its first unmarked record, or before it" do
      failed = batch([0, 1, 2], done: [0, 1], marks: [0], outcome: "RuntimeError")
      expect(kinds(failed + batch([2], attempt: 2))).to include("order")
      expect(kinds(failed + batch([0, 1, 2], attempt: 2))).to include("order")
      expect(kinds(failed + batch([1, 2], attempt: 2))).to eq([])
    end

    it "lets a new assignment begin where it likes: that is for the rules about commits" do
      expect(kinds(batch([0, 1, 2]) + batch([0], lease: 2))).to eq([])
    end
  end

  it "sees a partition that is in user code twice" do
    open = batch([0, 1, 2])[0..2]
    expect(kinds(open + batch([0, 1, 2], lease: 2))).to eq(["twice at once"])
  end

  describe "attempt" do
    let(:failed) { batch([0, 1, 2], done: [], outcome: "RuntimeError") }

    it "sees one that does not count up, or counts without a failure" do
      expect(kinds(failed + batch([0, 1, 2], attempt: 1))).to eq(["attempt"])
      expect(kinds(batch([0, 1]) + batch([2], attempt: 2))).to eq(["attempt"])
      expect(kinds(failed + batch([0, 1, 2], attempt: 2))).to eq([])
    end

    it "knows that a record of a failed batch was tried, and one behind it was not" do
      moved = batch([0, 1], marks: [0], outcome: "RuntimeError")
      expect(kinds(moved + batch([1, 2], attempt: 2))).to eq([])
      expect(kinds(moved + batch([1, 2], attempt: 1))).to eq(["attempt"])
      through = batch([0, 1], marks: [0, 1], outcome: "RuntimeError")
      expect(kinds(through + batch([2], attempt: 1))).to eq([])
      expect(kinds(through + batch([2], attempt: 2))).to eq(["attempt"])
    end
  end

  describe "seek and pause" do
    let(:sought) { batch([0, 1, 2]).insert(-2, ["seek", 1, 0, 1]) }
    let(:paused) { batch([0]).insert(-2, ["pause", 1, 0, 1.5]) }

    it "sees a batch that does not begin where user code went, and one that does so after it failed" do
      expect(kinds(sought + batch([1, 2]))).to eq([])
      expect(kinds(sought + batch([0, 1, 2]))).to eq(["order"])
      failed = batch([0, 1, 2], outcome: "RuntimeError").insert(-2, ["seek", 1, 0, 1])
      expect(kinds(failed + batch([1, 2], attempt: 2))).to include("order")
      expect(kinds(failed + batch([0, 1, 2], attempt: 2))).to eq([])
    end

    it "lets positions go back as far as user code went, and no further" do
      expect(kinds(sought, samples: [sample(20, 3), sample(21, 1)])).to eq([])
      expect(kinds(sought, samples: [sample(20, 3), sample(21, 0)])).to eq(["committed back"])
      later = ->(offsets) { journal(["assigned", 0], *batch(offsets, lease: 9), from: 50) }
      expect(kinds(sought, samples: [sample(40, 3)], "c2.2": later.call([1, 2]))).to eq([])
      expect(kinds(sought, samples: [sample(40, 3)], "c2.2": later.call([0, 1, 2]))).to eq(["repeated"])
    end

    it "sees a batch that comes before a pause is over" do
      expect(kinds(paused + batch([1, 2]))).to eq([])
      expect(kinds(batch([0]).insert(-2, ["pause", 1, 0, 2.5]) + batch([1, 2]))).to eq(["pause"])
    end
  end

  describe "marks" do
    let(:refused) { batch([0, 1, 2]).insert(-2, ["mark", 1, 0, 2, false, false]) }

    it "sees one that was refused while the partition stayed" do
      expect(kinds(refused)).to eq(["refused mark"])
      expect(kinds(refused + [["revoked", 1, false]])).to eq(["refused mark"])
      expect(kinds(refused + [["revoked", 0, false]])).to eq([])
    end

    it "does not take one that Kafka did not confirm for refused" do
      expect(kinds(batch([0, 1, 2]).insert(-2, ["mark", 1, 0, 2, true, false]))).to eq([])
    end
  end

  describe "commits" do
    it "sees one ahead of what is done" do
      expect(kinds(samples: [sample(4.9, 2)])).to eq(["committed ahead"])
      expect(kinds(samples: [sample(5, 2)])).to eq([])
    end

    it "sees one that moves back" do
      expect(kinds(samples: [sample(20, 3), sample(21, 2)])).to eq(["committed back"])
      overlapping = [20, 22, [{ partition: 0, committed: 2, low: 0, high: 3 }]]
      expect(kinds(samples: [sample(21, 3), overlapping])).to eq([])
    end

    it "sees an assignment that begins before what was committed long ago" do
      late = journal(["assigned", 0], *batch([1, 2], lease: 9), from: 50)
      expect(kinds(samples: [sample(40, 2)], "c2.2": late)).to eq(["repeated"])
      expect(kinds(samples: [sample(49, 2)], "c2.2": late)).to eq([])
      told = batch([0, 1, 2]).insert(-2, ["mark", 1, 0, 2, true, true])
      expect(kinds(told, "c2.2": late)).to eq(["repeated"])
    end
  end

  describe "exits" do
    def exit_kinds(**how)
      kinds(exits: [ended(**how)])
    end

    it "allows what is documented" do
      expect(exit_kinds(asked: "KILL", code: nil, signal: 9)).to eq([])
      expect(kinds(batch([0, 1, 2]) + [["forced", 1]], exits: [ended(code: 2)])).to eq([])
      expect(kinds(exits: [ended("producer", asked: nil)])).to eq([])
    end

    it "allows an end with one line after a fatal error, and one that user code asked for" do
      fatal = batch([0, 1, 2]) + [["error", "FENCED_INSTANCE_ID", "fenced", true]]
      expect(kinds(fatal, exits: [ended(asked: nil, code: 1, stderr: "one line\n")])).to eq([])
      expect(kinds(fatal, exits: [ended(asked: nil, code: 1, stderr: "one\ntwo\n")])).to eq(["stderr"])
      expect(kinds(fatal, exits: [ended(asked: "KILL", code: nil, signal: 9, stderr: "one line\n")])).to eq([])
      expect(exit_kinds(asked: "KILL", code: nil, signal: 9, stderr: "one line\n")).to eq(["stderr"])
      quit = batch([0, 1, 2], outcome: "SystemExit")
      expect(kinds(quit, exits: [ended(asked: nil)])).to eq([])
      expect(kinds(quit, exits: [ended(asked: nil, code: 1)])).to eq(["wrong exit"])
    end

    it "sees other codes, signals, and ends that nobody asked for" do
      expect(exit_kinds(code: 1)).to eq(["wrong exit"])
      expect(exit_kinds(code: 2)).to eq(["wrong exit"])
      expect(exit_kinds(code: nil, signal: 11)).to eq(["wrong exit"])
      expect(exit_kinds(asked: nil)).to eq(["wrong exit"])
    end

    it "sees crashes, noise and ends that take too long" do
      expect(exit_kinds(stderr: "x.rb:1: [BUG] Segmentation fault")).to eq(["crash"])
      expect(exit_kinds(stderr: "thread 'krs-fetch-0' panicked at src")).to eq(["crash"])
      expect(exit_kinds(stderr: "a warning")).to eq(["stderr"])
      expect(exit_kinds(took: 31)).to eq(["hung"])
    end
  end

  it "takes over what the history waited for in vain" do
    expect(kinds(stuck: ["nothing came"])).to eq(["hung"])
  end

  describe Faults::Plan do
    it "is the same for the same seed, other for another, and plain data" do
      plans = (1..200).map { |seed| described_class.for(seed) }
      expect(plans).to eq((1..200).map { |seed| described_class.for(seed) })
      expect(plans.uniq.size).to eq(200)
      plan = JSON.parse(JSON.generate(plans.first), symbolize_names: true)
      expect(plan[:members]).to eq(plans.first[:members])
    end

    it "draws every kind of fault, and no broker that is not there" do
      plans = (1..500).map { |seed| described_class.for(seed, brokers: ["mock"]) }
      expect(plans.map { |plan| plan[:broker][:kind] }.uniq).to eq(["mock"])
      faults = plans.flat_map { |plan| plan[:faults] }
      expect(faults.map { |fault| fault[:kind] }.uniq)
        .to contain_exactly("join", "kill", "stop", "term", "requests", "broker_down", "round_trip", "coordinator",
                            "leader", "topic", "quiet")
      expect(faults.map { |fault| fault[:api] }.compact.uniq).to match_array(Faults::FaultTimes::CODES.keys)
    end
  end
end
