# frozen_string_literal: true

require_relative "support/ring"

# Owns the proof that work of a process that ends, by itself or not, goes on elsewhere or in its successor, exactly from
# what it committed.
RSpec.describe "A member that crashes" do
  let(:group) { Cluster.unique("group") }

  # Consumed and committed by whoever has the partition.
  def all_committed(count, *members)
    wait_until("#{count} committed") do
      lines = members.flat_map(&:lines).grep(/\Acommitted/).map { |line| line.split.drop(1).map(&:to_i) }
      lines.group_by(&:first).sum { |_, list| list.map(&:last).max + 1 } == count
    end
  end

  it "is replaced after session_timeout, and the other goes on at the first uncommitted record of each partition" do
    topic = create_topic(4)
    crashing = member(topic, group, COMMIT: "1", HOLD: "-1")
    staying = member(topic, group, COMMIT: "1")
    settled(4, crashing, staying)
    4.times { |partition| publish(topic, 0...50, partition: partition) }
    all_committed(200, crashing, staying)

    theirs = owned(crashing)
    4.times { |partition| publish(topic, [-1], partition: partition) }
    theirs.each { |partition| crashing.line("held #{partition} 50") }
    crash(crashing)
    begun = now
    # These come while nobody has the partition.
    4.times { |partition| publish(topic, 51..60, partition: partition) }
    theirs.each { |partition| staying.line("#{partition} 60 60") }
    expect(now - begun).to be_between(Members::SESSION - 1, Members::SESSION + 10)

    taken_over = records(staying).group_by(&:first).slice(*theirs)
    taken_over.each do |partition, list|
      expect(list).to eq([[partition, 50, -1], *(51..60).map { |number| [partition, number, number] }])
    end
    kept = records(staying).group_by(&:first).except(*theirs)
    expect(kept.values.map { |list| list.map { |it| it[1] } }).to eq([(0..60).to_a] * kept.size)
    stop(staying)
  end

  it "loses nothing when it crashes under load, and what comes twice begins where its last commit was" do
    topic = create_topic(4)
    crashing = member(topic, group, COMMIT: "1", SETTINGS: "config.max_messages = 20")
    staying = member(topic, group, COMMIT: "1", SETTINGS: "config.max_messages = 20")
    settled(4, crashing, staying)
    sent = 0
    crashed = false
    publishing = Thread.new do
      until crashed
        publish(topic, sent...(sent + 40))
        sent += 40
      end
    end
    wait_until("both work") { [crashing, staying].all? { |it| records(it).size > 1000 } }
    theirs = owned(crashing)
    crash(crashing)
    wait_until("the other has all", timeout: Members::SESSION + 20) { owned(staying).size == 4 }
    crashed = true
    publishing.value
    wait_until("everything") { records(crashing, staying).map(&:last).uniq.size == sent }

    expect(records(crashing, staying).map(&:last).uniq.sort).to eq((0...sent).to_a)
    expect_order(crashing, staying)
    theirs.each do |partition|
      committed = crashing.lines.grep(/\Acommitted #{partition} /).last[/\d+\z/].to_i
      done = records(crashing).reverse.find { |it| it[0] == partition }[1]
      taken_up = records(staying).find { |it| it[0] == partition }[1]
      # The commit that the crash cut short, of a batch at most, may have arrived.
      expect(taken_up).to be_between(committed + 1, done + 1)
      expect(done - committed).to be <= 20
    end
    stop(staying)
  end

  it "repeats only what it had not committed when it is started again" do
    topic = create_topic(1)
    first = member(topic, group, COMMIT: "1", HOLD: "-1")
    publish(topic, 0...30)
    all_committed(30, first)
    # One batch: two that are done but not committed, and one whose work never ends.
    publish(topic, [30, 31, -1], partition: 0)
    first.line("held 0 32")
    crash(first)

    second = member(topic, group, COMMIT: "1")
    second.line("0 32 -1", timeout: Members::SESSION + 20)
    expect(records(first)).to eq((0..31).map { |number| [0, number, number] })
    expect(records(second)).to eq([[0, 30, 30], [0, 31, 31], [0, 32, -1]])
    stop(second)
  end
end

RSpec.describe "A member that is stopped" do
  it "goes on exactly where it was when it is started again" do
    topic = create_topic(3)
    group = Cluster.unique("group")
    runs = Array.new(3) do |round|
      publish(topic, round * 1000...round * 1000 + 1000)
      running = member(topic, group)
      # In the middle of its work, but for the last one.
      wait_until("some work", timeout: 40) { records(running).size >= (round == 2 ? 1 : 100) }
      stop(running) if round < 2
      running
    end
    wait_until("all the work") { records(*runs).size >= 3000 }
    stop(runs.last)
    expect(records(*runs).map(&:last).sort).to eq((0...3000).to_a)
    expect(records(*runs).group_by(&:first).values.map { |list| list.map { |it| it[1] } })
      .to all(satisfy { |offsets| offsets == (0...offsets.size).to_a })
  end
end
