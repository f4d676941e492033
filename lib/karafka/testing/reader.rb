# frozen_string_literal: true

# Owns reading what is in a topic of the embedded cluster, from its beginning, as a group of its own would. Runs on the
# thread of the spec. Must leave no offset behind in a group of the application.
module Karafka
  module Testing
    # @api private
    class Reader
      # Seconds in which what is there has to come.
      PATIENCE = 10
      @number = 0

      class << self
        # @param servers [String]
        # @param topic [String] name in the cluster
        # @return [Array<Record>] by partition and offset
        # @raise [Error] they did not come
        def read(servers, topic, partitions)
          places = Array.new(partitions) { |number| [topic, number] }
          found = Native.positions(Scene.client(servers), places, PATIENCE)
          ends = found.to_h { |it| [it[:partition], it[:high]] }
          ends.values.sum.zero? ? [] : new(servers, topic, ends).read
        end

        # @return [Integer] of the group
        def next_number
          @number += 1
        end
      end

      def initialize(servers, topic, ends)
        @topic = topic
        @ends = ends
        @found = Hash.new { |all, partition| all[partition] = [] }
        @inbox = Native::Inbox.new
        @consumer = Native::Consumer.new(@inbox, settings(servers))
      end

      # @return [Array<Record>]
      def read
        deadline = Clock.now + PATIENCE
        until complete?
          raise Error, "#{@topic} could not be read within #{PATIENCE} s" if Clock.now > deadline

          batch = @inbox.next_job(0.1)
          take(batch) if batch
        end
        @found.sort.flat_map(&:last)
      ensure
        @consumer.close(PATIENCE)
        @inbox.close
      end

      private

      def complete?
        @ends.all? { |partition, high| high.zero? || read_to(partition) >= high }
      end

      # @return [Integer] offset behind the last one
      def read_to(partition)
        last = @found[partition].last
        last ? last.offset + 1 : 0
      end

      def take(batch)
        batch.size.times do |index|
          @found[batch.partition] << Record.build(
            topic: @topic, partition: batch.partition, offset: batch.offset(index), payload: batch.payload(index),
            key: batch.key(index), headers: batch.headers(index), timestamp: batch.timestamp(index)
          )
        end
        batch.done
        batch.release
      end

      def settings(servers)
        properties = Scene.client(servers, "group.id" => "karafka-testing-#{self.class.next_number}",
                                           "enable.auto.commit" => "false", "fetch.wait.max.ms" => "10")
        { group: 0, properties: properties, topics: [{ name: @topic, start: "earliest" }], max_messages: 10_000,
          max_bytes: 10_000_000, ready_limit: 10 }
      end
    end
  end
end
