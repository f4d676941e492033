# frozen_string_literal: true

require_relative "support/ring"

# Owns the proof that topics can be created and deleted from the command line, where brokers do that.
RSpec.describe "karafka topics" do
  def topics(*arguments)
    run("topics", *arguments, "--brokers", servers, timeout: 30)
  end

  def listed
    ended = topics("list")
    expect([ended.code, ended.err]).to eq([0, ""])
    ended.out.drop(1).to_h { |line| line.split }
  end

  it "creates a topic with partitions and settings, and deletes it" do
    name = Cluster.unique("topic")
    created = topics("create", name, "--partitions", "3", "--config", "retention.ms=60000", "cleanup.policy=delete")
    expect([created.code, created.out, created.err]).to eq([0, ["created #{name} with 3 partitions"], ""])
    expect(listed).to include(name => "3")
    publish(name, 1..4, partition: 2)
    expect(topics("describe", name).out.last.split.values_at(0, -3, -2, -1)).to eq(%w[2 0 4 4])

    expect_mistake(topics("create", name), /creating topic "#{name}": .*already exists/)
    expect(topics("delete", name).out).to eq(["deleted #{name}"])
    expect(listed).not_to include(name)
    expect_mistake(topics("delete", name), /deleting topic "#{name}": .*Unknown topic/)
  end

  it "says what the brokers refuse" do
    expect_mistake(topics("create", "a/b"), %r{creating topic "a/b": .*Invalid topic})
  end
end
