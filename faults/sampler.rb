# frozen_string_literal: true

require "karafka_rs"
require_relative "journal"

# Owns looking at the group's positions from outside, again and again on a thread of its own, without being a member.
# A look that fails (brokers are down) is no sample. Must not take part in anything.
module Faults
  class Sampler
    INTERVAL = 0.3
    # Seconds for each request of a look.
    PATIENCE = 1.0

    # [before, after, positions]: the positions were read between these two times.
    attr_reader :samples

    def initialize(servers, group, partitions)
      @properties = { "bootstrap.servers" => servers, "group.id" => group, "log_level" => "0" }
      @partitions = Array.new(partitions) { |partition| ["t", partition] }
      @samples = []
    end

    def start
      @thread = Thread.new do
        until @stop
          look
          sleep INTERVAL
        end
      end
    end

    def stop
      @stop = true
      @thread.join
    end

    # @return [Array<Hash>, nil]
    def look
      before = Journal.now
      positions = Karafka::Native.positions(@properties, @partitions, PATIENCE)
      @samples << [before, Journal.now, positions]
      positions
    rescue Karafka::Errors::BaseError
      nil
    end
  end
end
