# frozen_string_literal: true

# Owns reading what a producer puts on the wire: record batches out of the frames of a {Proxy}. Must not be asked for
# requests of version 9 and later, whose lengths are written in another way.
module Wire
  # One record batch, in the partition `place`: what a broker tells a repetition by, and Kafka's number of its codec.
  Batch = Struct.new(:place, :producer, :sequence, :records, :checksum, :codec)

  class << self
    # @param frame [String] a produce request of version 3 to 8
    # @return [Array<Batch>]
    def batches(frame)
      # Behind the header: client id, transactional id, acks, timeout; then topics with partitions.
      at = 8
      2.times { at += 2 + [frame[at, 2].unpack1("s>"), 0].max }
      topics, at = number(frame, at + 6)
      Array.new(topics) do
        partitions, at = number(frame, at + 2 + frame[at, 2].unpack1("s>"))
        Array.new(partitions) do
          partition, at = number(frame, at)
          size, at = number(frame, at)
          at += size
          batch(partition, frame[at - size, size])
        end
      end.flatten(1)
    end

    private

    def number(frame, at)
      [frame[at, 4].unpack1("l>"), at + 4]
    end

    def batch(partition, bytes)
      Batch.new(partition, bytes[43, 8].unpack1("q>"), bytes[53, 4].unpack1("l>"), bytes[57, 4].unpack1("l>"),
                bytes[17, 4], bytes[21, 2].unpack1("s>") & 7)
    end
  end
end
