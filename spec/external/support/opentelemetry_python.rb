# frozen_string_literal: true

require "json"
require_relative "foreign"

module Foreign
  # Owns how OpenTelemetry for Python is called: whose traces ours must be the same as.
  module OpenTelemetryPython
    SCRIPT = File.join(__dir__, "opentelemetry_client.py")
    # Where `bin/setup --external` installs it, then whatever Python there is.
    PYTHONS = [File.expand_path("../../../tmp/tools/confluent-kafka/bin/python3", __dir__), "python3"].freeze

    class << self
      # @return [String, nil] why it cannot be used
      def missing
        "no confluent-kafka with opentelemetry-sdk in tmp/tools nor for python3: run bin/setup --external" unless python
      end

      # Sends a record in a span.
      # @return [Hash{String => Object}] the span: trace_id, span_id
      def send_record(servers, topic, payload)
        JSON.parse(Foreign.run(python, SCRIPT, "send", servers, topic, payload))
      end

      # @return [Array<Hash>] of each record its sender, as its headers tell it, and its payload
      def read(servers, topic, count)
        Foreign.run(python, SCRIPT, "read", servers, topic, count.to_s).lines.map { |line| JSON.parse(line) }
      end

      private

      def python
        @python ||= PYTHONS.find do |path|
          system(path, "-c", "import confluent_kafka, opentelemetry.sdk.trace", out: File::NULL, err: File::NULL)
        end
      end
    end
  end
end
