# frozen_string_literal: true

# Owns one short life of everything native, for memcheck to watch: broker, producer, two members of a group, records
# with keys, headers and without payload, retries, marks, commits, a rebalance, a fork, the end. `rake valgrind` runs it
# in a process of its own; without valgrind it is an ordinary program. Every step checks what it got, so that a run in
# which nothing happened does not pass for a clean one.

require "karafka_rs"
require_relative "../../support/waiting"

extend Waiting

RECORDS = 300
# Everything is some thirty times slower under memcheck.
PATIENCE = 60

def check(what, got, wanted = true)
  raise "#{what}: #{got.inspect} in place of #{wanted.inspect}" unless wanted === got
end

# One member of the group, at the level of the native handles.
class Member
  attr_reader :inbox, :consumer

  def initialize(servers)
    @inbox = Karafka::Native::Inbox.new
    @last = {}
    @consumer = Karafka::Native::Consumer.new(
      @inbox, group: 0, topics: [{ name: "t", start: "earliest", hooks: true }], max_messages: 40, max_bytes: 100_000,
              ready_limit: 2, properties: properties(servers)
    )
  end

  def properties(servers)
    {
      "bootstrap.servers" => servers, "group.id" => "g", "session.timeout.ms" => "6000",
      "heartbeat.interval.ms" => "500", "fetch.wait.max.ms" => "10", "auto.commit.interval.ms" => "200",
      "partition.assignment.strategy" => "cooperative-sticky"
    }
  end

  def partitions(event)
    event[:partitions].map { |partition| partition[:partition] }
  end

  # Waits for an event with partitions.
  def membership(type)
    loop do
      event = inbox.next_event(PATIENCE) or raise "no #{type} came"
      return partitions(event) if event[:type] == type && event[:partitions].any?
    end
  end

  def next_job
    inbox.next_job(PATIENCE) or raise "no batch came; the last offsets are #{@last}"
  end

  # Waits for the next batch, reads all of it and gives it to the block.
  def consume
    batch = next_job
    while batch.hook
      batch.done
      batch = next_job
    end
    (batch.first...batch.size).each do |index|
      batch.payload(index)
      check("key", batch.key(index), /\Akey/)
      check("header", batch.headers(index).fetch("number"), /\A\d+\z/)
      batch.timestamp(index)
    end
    yield batch
  end

  # Consumes so many partitions to this offset.
  def consume_to(offset, partitions)
    consume { |batch| finish(batch) } until @last.values.count(offset) == partitions
  end

  def finish(batch)
    last = batch.offset(batch.size - 1)
    check("mark", batch.mark(last))
    batch.done
    @last[batch.partition] = last
    @lease = batch.lease
  end

  # A partition rests, and is read again from its start.
  def pause_and_seek
    check("pause", @lease.pause(0.05))
    check("seek", @lease.seek({ "offset" => 0 }))
    @last.delete(@lease.partition)
  end

  def close
    check("close", consumer.close(PATIENCE))
    inbox.close
  end
end

def publish(producer, range)
  messages = range.map do |number|
    { topic: "t", partition: number % 2, payload: (number % 10).zero? ? nil : { "number" => number }.to_json,
      key: "key#{number}", headers: { "number" => number.to_s, "empty" => "" }, timestamp: number }
  end
  check("reports", producer.produce_many_sync(messages).size, messages.size)
end

def produce_in_every_way(producer)
  publish(producer, 0...RECORDS)
  check("refused", begin
    producer.produce_sync(topic: "t", payload: "x", partition: 99)
  rescue Karafka::Errors::BaseError => e
    e
  end, Karafka::Errors::BaseError)
  producer.produce_sync(topic: "other", payload: "by a key", partition_key: "key")
  handle = producer.produce_async(topic: "other", payload: "with a handle")
  check("delivery", handle.wait(PATIENCE), Array)
  producer.produce_async(topic: "other", payload: "without one", handle: false)
  check("flush", producer.flush(PATIENCE), 0)
end

# The first batch fails halfway, and comes again behind its mark.
def retry_and_commit(member)
  partition = nil
  member.consume do |batch|
    partition = batch.partition
    check("mark", batch.mark(batch.offset(1)))
    batch.failed(0.01, batch.size)
  end
  again = false
  until again
    member.consume do |batch|
      again = batch.partition == partition
      check("attempt", [batch.attempt, batch.first], [2, 2]) if again
      member.finish(batch)
      check("commit", batch.commit(PATIENCE)) if again
    end
  end
end

# A second member takes a partition, works, and leaves.
def rebalance(servers, producer, first)
  second = Member.new(servers)
  gone = first.membership("revoked")
  check("assigned", second.membership("assigned"), gone)
  publish(producer, RECORDS...(RECORDS + 20))
  [first, second].each { |member| member.consume_to(((RECORDS + 20) / 2) - 1, 1) }
  second.close
  check("given back", first.membership("assigned"), gone)
end

# A child can use nothing of its parent's, and ends by itself. It leaks what its parent owns, on purpose, so that its
# exit code is memcheck's; what it found goes through a pipe, and `rake valgrind` looks for worse than leaks in its log.
def fork_child(member, producer)
  reader, writer = IO.pipe
  pid = fork do
    calls = [-> { member.consumer.commit(1) }, -> { member.inbox.next_job(1) }, -> { producer.flush(1) }]
    refused = calls.count do |call|
      call.call
      false
    rescue Karafka::Errors::ForkError
      true
    end
    writer.write(refused)
    writer.close
  end
  writer.close
  check("the child ended by itself", Process.wait2(pid).last.exited?)
  check("calls refused in the child", reader.read, "3")
end

# Clients end on threads of their own, when the last batch of theirs is collected; what they hold is theirs until then.
def wait_for_threads(count)
  wait_until("the end of the core's threads", timeout: PATIENCE) do
    GC.start
    Dir.children("/proc/self/task").size <= count
  end
end

def live
  broker = Karafka::EmbeddedBroker.start(topics: { "t" => 2, "other" => 3 })
  servers = broker.bootstrap_servers
  producer = Karafka::Producer.new("bootstrap.servers" => servers, "linger.ms" => "5")
  produce_in_every_way(producer)
  first = Member.new(servers)
  check("assigned", first.membership("assigned").sort, [0, 1])
  retry_and_commit(first)
  first.consume_to((RECORDS / 2) - 1, 2)
  first.pause_and_seek
  first.consume_to((RECORDS / 2) - 1, 2)
  rebalance(servers, producer, first)
  fork_child(first, producer)
  first.close
  check("left at the close", producer.close(PATIENCE), 0)
  broker.close
end

threads = Dir.children("/proc/self/task").size
live
wait_for_threads(threads)
puts "valgrind session: all of it happened"
