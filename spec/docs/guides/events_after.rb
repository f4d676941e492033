# frozen_string_literal: true

# What the subscribers of docs/events.md have heard when the application has worked.
class OrdersController < Karafka::BaseController
  def consume
    raise "once" if attempt == 1
  end
end

Karafka::App.consumer_groups.draw do
  topic(:orders) do
    controller OrdersController
    batch_consuming true
  end
end
Karafka::App.boot!
WaterDrop::SyncProducer.call("{}", topic: "orders")
failures, reports = %i[failures reports].map { |name| TOPLEVEL_BINDING.local_variable_get(name) }
serve("events") { Jobs.seen.to_a.size >= 3 && reports.size > 1 }
expect_equal({ topic: "orders", offset: 0, attempt: 1 }, failures.pop)
expect_equal([["worker.started", 1, Float], ["worker.started", 1, Float], ["worker.process", 1, Float]], Jobs.seen)
group, type = reports.pop
expect_equal(true, ["orders", "producer"].include?(group))
expect_equal(Hash, type)
