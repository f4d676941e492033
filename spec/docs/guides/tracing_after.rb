# frozen_string_literal: true

# Consumes the whole chain, and looks at the one trace that it is.
REFUNDS = Queue.new

class RefundsController < Karafka::BaseController
  def consume
    REFUNDS << [params.raw_payload, params.headers]
  end
end

Karafka::App.consumer_groups.draw do
  consumer_group :guide do
    topic(:orders) { controller OrdersController }
    topic(:shipments) { controller ShipmentsController }
    topic(:refunds) { controller RefundsController }
    topic(:payments) { controller PaymentsController } if ENV["OPEN_TELEMETRY"]
    topic(:returns) do
      controller ReturnsController
      batch_consuming true
    end
  end
end
Karafka::App.boot!

first = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
second = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
messages = [first, second].map { |trace| { topic: "returns", payload: trace, headers: { "traceparent" => trace } } }
Karafka.producer.produce_many_sync(messages)
Karafka.producer.produce_sync(topic: "payments", payload: "1", key: "eve")
paid = -> { !ENV["OPEN_TELEMETRY"] || SPANS.finished_spans.any? { |span| span.name == "process payments" } }
serve("all is consumed") { REFUNDS.size == 2 && SHIPPED.size == (ENV["OPEN_TELEMETRY"] ? 2 : 1) && paid.call }
shipped = Array.new(SHIPPED.size) { SHIPPED.pop }.to_h
refunds = Array.new(2) { REFUNDS.pop }.to_h

unless ENV["OPEN_TELEMETRY"]
  expect_equal({ 1 => first[3, 32] }, shipped)
  expect_equal([first, second].to_h { |trace| [trace, { "traceparent" => trace }] }, refunds)
end

if ENV["OPEN_TELEMETRY"]
  spans = SPANS.finished_spans
  # The name of the chain's spans, each below its parent.
  below = lambda do |parent|
    found = spans.select { |span| span.parent_span_id == parent.span_id }
    found.map { |span| [span.name, span.kind, *below.call(span)] }
  end
  web = spans.find { |span| span.name == "POST /orders" }
  expect_equal([["send orders", :producer, ["process orders", :consumer, ["send shipments", :producer,
                                                                          ["process shipments", :consumer]]]]],
               below.call(web))
  expect_equal(web.hex_trace_id, shipped.fetch(2))
  # Consumers are linked to what sent to them.
  chain = spans.select { |span| span.trace_id == web.trace_id && span.kind == :consumer }
  expect_equal(chain.map(&:parent_span_id), chain.map { |span| span.links.first.span_context.span_id })

  payment = spans.find { |span| span.name == "process payments" }
  expect_equal("eve", payment.attributes["messaging.kafka.message.key"])

  # Sent by others: a trace that came with the request was carried on, and the batch linked to both.
  expect_equal(first[3, 32], shipped.fetch(1))
  batch = spans.select { |span| span.name == "process returns" && span.attributes["messaging.batch.message_count"] }
  expect_equal([first[3, 32], second[3, 32]].sort,
               batch.flat_map { |span| span.links.map { |link| link.span_context.hex_trace_id } }.sort)
  refunds.each { |trace, headers| expect_equal(trace[3, 32], headers["traceparent"][3, 32]) }
end
