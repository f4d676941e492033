# frozen_string_literal: true

# A broker with topics, settings, and the store that the guide's controllers write to.
application("totals" => 1, "imports" => 1, "steps" => 1, "balances" => 1)

SAVED = Queue.new

module Warehouse
  def self.import(*rows)
    SAVED << rows
  end
end

# Stands for a database whose transaction keeps a result together with its position.
module Balances
  @rows = { 0 => { position: 2, sum: 30 } }

  class << self
    attr_reader :rows

    def add(partition, params)
      row = @rows[partition]
      row[:sum] += params.payload["amount"]
      row[:position] = params.offset + 1
      SAVED << row.dup
    end
  end
end

# What Kafka knows of a group.
def committed(group)
  group = Karafka::App.consumer_groups.find { |it| it.name == group.to_s }
  topic = group.topics.first.name
  Karafka::Native.positions(Karafka::Setup::Librdkafka.consumer(group), [[topic, 0]], 5).first[:committed]
end
