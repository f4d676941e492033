# frozen_string_literal: true

require "json"
require_relative "foreign"

module Foreign
  # Owns how confluent-kafka for Python is called.
  module ConfluentKafka
    # Can it set them?
    TIMESTAMPS = true
    SCRIPT = File.join(__dir__, "confluent_client.py")
    # Where `bin/setup --external` installs it, then whatever Python there is.
    PYTHONS = [File.expand_path("../../../tmp/tools/confluent-kafka/bin/python3", __dir__), "python3"].freeze

    class << self
      # @return [String, nil] why it cannot be used
      def missing
        "no confluent-kafka in tmp/tools nor for python3: run bin/setup --external" unless python
      end

      # @param transaction [Symbol, nil] :commit or :abort: all in one, which ends so
      # @param properties [Hash{String => Object}] further ones of librdkafka
      # @return [void]
      def produce(servers, topic, records, transaction: nil, **properties)
        lines = records.map { |record| JSON.generate(encoded(record)) }
        own = transaction ? { "transactional.id" => topic } : {}
        Foreign.run(python, SCRIPT, "produce", options(servers, { "linger.ms" => 50, **own, **properties }), topic,
                    *transaction&.to_s, input: lines.join("\n"))
      end

      # @param group [String] what it has committed is not read again
      # @param commit [Boolean] commit what was read
      # @return [Array<Record>] by partition, then offset
      def consume(servers, topic, group: "nobody", commit: false)
        lines = Foreign.run(python, SCRIPT, "consume", options(servers), topic, group, *("commit" if commit)).lines
        lines.map { |line| decoded(JSON.parse(line)) }.sort_by { |it| [it.partition, it.offset] }
      end

      private

      def python
        @python ||= PYTHONS.find do |path|
          system(path, "-c", "import confluent_kafka", out: File::NULL, err: File::NULL)
        end
      end

      def options(servers, properties = {})
        JSON.generate({ "bootstrap.servers" => servers, **properties })
      end

      def encoded(record)
        { **record.to_h, key: pack(record.key), value: pack(record.value),
                         headers: record.headers.map { |name, value| [name, pack(value)] } }
      end

      def decoded(line)
        Record.new(key: unpack(line["key"]), value: unpack(line["value"]),
                   headers: line["headers"].map { |name, value| [name, unpack(value)] },
                   timestamp: line["timestamp"], partition: line["partition"], offset: line["offset"])
      end

      def pack(bytes)
        bytes && [bytes].pack("m0")
      end

      def unpack(text)
        text&.unpack1("m0")
      end
    end
  end
end
