# frozen_string_literal: true

# Not a spec: a whole application, run by `rake package:smoke` against the installed gem,
# with no file of the checkout in reach. Publishes records through a responder's producer
# to an embedded broker, consumes them, stops. Its argument is the GEM_HOME to be loaded.

require "karafka_rs"
require "timeout"

RECORDS = 100
home = File.realpath(ARGV.fetch(0))

loaded = $LOADED_FEATURES.grep(%r{/karafka_rs(_ext)?\.\w+\z})
foreign = loaded.reject { |path| File.realpath(path).start_with?(home) }
abort "smoke: loaded from outside #{home}: #{foreign.join(', ')}" if loaded.empty? || foreign.any?

executable = File.join(home, "bin", "karafka")
abort "smoke: #{executable} is not installed" unless File.executable?(executable)

RECEIVED = Queue.new

class NumbersController < Karafka::BaseController
  def consume
    params_batch.each { |params| RECEIVED << params["number"] }
  end
end

Karafka::EmbeddedBroker.start(topics: { "numbers" => 1 }) do |broker|
  Karafka::App.setup do |config|
    config.client_id = "smoke"
    config.kafka.seed_brokers = ["kafka://#{broker.bootstrap_servers}"]
    config.kafka.start_from_beginning = true
  end
  Karafka::App.consumer_groups.draw do
    topic :numbers do
      controller NumbersController
      batch_consuming true
    end
  end
  Karafka::App.boot!

  server = Thread.new { Karafka::Server.run }
  RECORDS.times { |number| WaterDrop::SyncProducer.call({ number: number }.to_json, topic: "numbers") }
  received = Timeout.timeout(60) { Array.new(RECORDS) { RECEIVED.pop } }
  Karafka::App.stop!
  abort "smoke: the server did not stop within 30 s" unless server.join(30)
  abort "smoke: sent 0..#{RECORDS - 1}, received #{received.inspect}" if received != (0...RECORDS).to_a
end

puts "smoke: #{RECORDS} records produced and consumed by the installed gem #{Karafka::VERSION}"
