# frozen_string_literal: true

# A broker with the topics of the guide; and, when the guide has OpenTelemetry in it, where its spans end up.
application("orders" => 1, "shipments" => 1, "returns" => 1, "refunds" => 1, "payments" => 1)
Karafka::App.boot!
SHIPPED = Queue.new

if ENV["OPEN_TELEMETRY"]
  require "opentelemetry/sdk"
  SPANS = OpenTelemetry::SDK::Trace::Export::InMemorySpanExporter.new
end
