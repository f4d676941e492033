# frozen_string_literal: true

require "securerandom"
require_relative "nisshi"
require_relative "noida"
require_relative "topics"

# Owns the cluster of the ring: the one KAFKA_BROKERS names, else a nisshi that all examples share. Topics and groups
# get names that no other run has, so that nothing need be cleaned up.
module Cluster
  GIVEN = ENV["KAFKA_BROKERS"].to_s.empty? ? nil : ENV.fetch("KAFKA_BROKERS")
  RUN = "spec_#{SecureRandom.hex(4)}"

  class << self
    def servers
      GIVEN || (@shared ||= Nisshi.new).servers
    end

    # @return [String] a name nobody else has
    def unique(what)
      "#{RUN}_#{what}_#{@count = @count.to_i + 1}"
    end
  end

  def servers
    @own ? @own.servers : Cluster.servers
  end

  # A broker that the example may kill or lock; from then on `servers` are its own.
  # @return [Nisshi]
  def own_broker(*options, **how)
    skip "it needs a broker of its own to control, and KAFKA_BROKERS names another: unset it to run this" if GIVEN
    @own = Nisshi.new(*options, **how)
  end

  # As {#own_broker}, for what only noida-db can.
  # @return [Noida]
  def own_noida
    skip "it needs noida-db, and KAFKA_BROKERS names another broker: unset it to run this" if GIVEN
    skip "no noida-db on PATH nor in tmp/tools: run bin/setup --external, python3 with venv" unless Noida.program
    @own = Noida.new
  end

  # @return [String] the topic's name
  def create_topic(partitions)
    Cluster.unique("topic").tap { |name| Topics.create(servers.split(",").first, name, partitions) }
  end

  # What scripts read as BROKERS.
  def brokers
    { "BROKERS" => servers }
  end

  # What is sent together leaves together, and is consumed as one batch where there is room.
  def producer
    @producer ||= Karafka::Producer.new("bootstrap.servers" => servers, "linger.ms" => "30")
  end

  # @param payloads [Enumerable<#to_s>]
  # @param partition [Integer, nil] nil: by the hash of the payload
  # @return [Array<Karafka::Producer::Report>]
  def publish(topic, payloads, partition: nil)
    messages = payloads.map { |it| { topic: topic, payload: it.to_s, key: it.to_s, partition: partition } }
    producer.produce_many_sync(messages)
  end

  def end_cluster
    @producer&.close
    WaterDrop::Producers.close(5)
    @own&.close
  end
end
