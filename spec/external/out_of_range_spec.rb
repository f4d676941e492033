# frozen_string_literal: true

require_relative "support/ring"

# Owns the proof that a group whose committed offset is no more, because its topic was made anew, goes on by itself.
RSpec.describe "A committed offset that is out of range" do
  let(:group) { Cluster.unique("group") }
  let(:witness) { Cluster.unique("group") }

  # @return [Array<Array<Integer>>] what a member of the group consumes, which then stops
  def consumed(topic, group, last, **env)
    process = member(topic, group, **env)
    process.line(last)
    stop(process)
    records(process)
  end

  # A group whose commit lies behind the end of the new topic, and another whose commit does not: by that one we see
  # that the broker keeps the commits of a topic that was deleted.
  before do
    own_noida
    topic
    publish(topic, [0])
    expect(consumed(topic, witness, "0 0 0")).to eq([[0, 0, 0]])
    publish(topic, 1..9)
    expect(consumed(topic, group, "0 9 9")).to eq((0..9).map { |number| [0, number, number] })
    Topics.delete(servers, topic)
    Topics.create(servers, topic, 1)
    publish(topic, 100..102)
  end

  let(:topic) { create_topic(1) }

  it "is answered by going on at the first record with start_from_beginning" do
    expect(consumed(topic, witness, "0 2 102")).to eq([[0, 1, 101], [0, 2, 102]])
    expect(consumed(topic, group, "0 2 102")).to eq([[0, 0, 100], [0, 1, 101], [0, 2, 102]])
  end

  it "is answered by going on with what comes next without start_from_beginning" do
    process = member(topic, group, SETTINGS: "config.kafka.start_from_beginning = false")
    process.line("assigned [0]")
    # The reset is nothing we are told of: what comes before it is skipped.
    number = 102
    wait_until("it goes on") do
      publish(topic, [number += 1])
      records(process).any?
    end
    process.line(/ #{number}\z/)
    stop(process)
    seen = records(process).map(&:last)
    expect(seen).to eq((seen.first..number).to_a)
    expect(seen.first).to be > 102
  end
end
