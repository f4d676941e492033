# frozen_string_literal: true

# Owns a consuming process of the soak: one member in each of three groups, each of another kind, with a responder that
# sends synchronously and asynchronously. Started by run.rb; consumes until TERM, then writes what it saw to a file as
# JSON.
#
#   ruby -Ilib soak/member.rb BROKERS FILE

require "json"
require "karafka_rs"
require_relative "coverage"
require_relative "resources"

brokers, file = ARGV
WRONG = Queue.new

# Every so many batches one answer of each kind is sent.
class Answers < Karafka::BaseResponder
  topic :answers
  topic :echoes, async: true

  def respond(size)
    respond_to :answers, { size: size }
    respond_to :echoes, { size: size }, key: size.to_s
  end
end

# What all three kinds do: keep account. An instance is one assignment of a partition.
class Counting < Karafka::BaseController
  RESPOND_EVERY = 20

  private

  def saw(batch)
    first = batch.first_offset
    @run ||= Coverage.start(self.class::GROUP, batch.partition, first)
    @run.add(first, batch.last_offset, batch.size)
  end

  def answer
    @batches = (@batches || 0) + 1
    respond_with(params_batch.size) if (@batches % RESPOND_EVERY).zero?
  end

  def check(params, payload)
    WRONG << "#{params.partition}/#{params.offset} holds #{payload}" unless payload["n"] == params.offset
  end
end

# Reads and parses every payload, which names its own offset.
class Json < Counting
  GROUP = "json"

  def consume
    params_batch.each { |params| check(params, params.payload) }
    saw(params_batch)
    answer
  end
end

# One call for each record.
class Raw < Counting
  GROUP = "raw"

  def consume
    params.raw_payload.bytesize
    saw(params_batch)
  end
end

# Looks at nothing.
class Count < Counting
  GROUP = "count"

  def consume
    saw(params_batch)
    answer
  end
end

Karafka::App.setup do |config|
  config.client_id = "soak"
  config.logger = Logger.new($stderr, level: :error)
  config.kafka.seed_brokers = brokers
  config.kafka.max_wait_time = 0.01
  # The producer is held back by what is committed.
  config.kafka.offset_commit_interval = 0.2
  # The embedded broker has a group that changes wait for this time less a second.
  config.kafka.session_timeout = 1.5
  config.kafka.heartbeat_interval = 0.3
  # A smaller prefetch than usual: it comes and goes, and a leak is better seen beside less of it.
  config.kafka.librdkafka = { "queued.min.messages" => 1_000 }
end
Karafka::App.consumer_groups.draw do
  [Json, Raw, Count].each do |kind|
    consumer_group kind::GROUP do
      topic "soak" do
        controller kind
        responder Answers
        batch_consuming kind != Raw
      end
    end
  end
end
Karafka::App.boot!

told = Hash.new(0)
%w[worker.failed connection.error producer.delivery_failed partitions.revoked].each do |event|
  Karafka.monitor.subscribe(event) do |heard|
    told[event] += 1
    warn "soak: #{event} #{heard.payload}" if told[event] < 4 && event != "partitions.revoked"
  end
end

before = [Resources.threads, Resources.descriptors]
resources = Resources.new { Coverage.consumed }
stopped_clean = Karafka::Server.run
resources.stop

# A client ends on a thread of its own, when the last batch of its is collected.
deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 10
until Resources.threads <= before.first || Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
  GC.start
  sleep 0.05
end
runs = Coverage.runs
result = {
  clean: stopped_clean, before: before, after: [Resources.threads, Resources.descriptors], told: told,
  wrong: WRONG.size, first_wrong: (WRONG.pop unless WRONG.empty?), breaks: runs.sum(&:breaks),
  runs: runs.map { |run| [run.group, run.number, run.from, run.to] }, samples: resources.samples
}
File.write(file, JSON.generate(result))
