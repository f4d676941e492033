# frozen_string_literal: true

require_relative "foreign"

module Foreign
  # Owns how kcat is called. It cannot set a timestamp, nor send a record that has neither key nor payload.
  module Kcat
    NAME = "kcat"
    # Can it set them?
    TIMESTAMPS = false
    # Between key and payload, and behind each record: in nothing that specs send.
    KEY_END = "\x1C\x1D"
    RECORD_END = "\x1E\x1F"
    # Place, time and sizes on a line, then the bytes. A size of -1 is null.
    FORMAT = "%p %o %T %K %S %h\\n%k%s\\n"
    private_constant :KEY_END, :RECORD_END, :FORMAT

    class << self
      # @return [String, nil] why it cannot be used
      def missing
        folders = ENV.fetch("PATH", "").split(File::PATH_SEPARATOR)
        return if folders.any? { |folder| File.executable?(File.join(folder, NAME)) }

        "no kcat on PATH: run bin/setup --external as root, or install it"
      end

      # @param properties [Hash{String => Object}] of librdkafka
      # @return [void]
      def produce(servers, topic, records, **properties)
        more = properties.flat_map { |name, value| ["-X", "#{name}=#{value}"] }
        # What differs in these has to be a call of its own.
        groups = records.chunk_while { |one, other| flags(one) == flags(other) }
        groups.each do |group|
          input = group.map { |record| "#{record.key}#{KEY_END if record.key}#{record.value}" }
          Foreign.run(NAME, "-P", "-b", servers, "-t", topic, "-D", RECORD_END, *flags(group.first), *more,
                      input: input.join(RECORD_END))
        end
      end

      # @return [Array<Record>] by partition, then offset
      def consume(servers, topic)
        output = Foreign.run(NAME, "-C", "-b", servers, "-t", topic, "-o", "beginning", "-e", "-q", "-f", FORMAT)
        records = []
        records << record(output) until output.empty?
        records.sort_by { |it| [it.partition, it.offset] }
      end

      private

      def flags(record)
        headers = record.headers.flat_map { |name, value| ["-H", value ? "#{name}=".b + value : name] }
        # An empty payload becomes null.
        [*headers, *("-Z" unless record.value), *(["-K", KEY_END] if record.key),
         *(["-p", record.partition.to_s] if record.partition)]
      end

      # Takes the first record off the output.
      def record(output)
        partition, offset, timestamp, key, value, headers = output.slice!(/\A.*\n/n).chomp.split(" ", 6)
        bytes = [key, value].map { |size| size == "-1" ? nil : output.slice!(0, Integer(size)) }
        output.slice!(0, 1)
        Record.new(key: bytes[0], value: bytes[1], headers: pairs(headers.to_s), timestamp: Integer(timestamp),
                   partition: Integer(partition), offset: Integer(offset))
      end

      def pairs(text)
        text.split(",").map do |pair|
          name, value = pair.split("=", 2)
          [name, value == "NULL" ? nil : value]
        end
      end
    end
  end
end
