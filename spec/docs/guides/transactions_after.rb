# frozen_string_literal: true

# Consumes with the guide's consumers, everything twice where Kafka may give it twice, and looks at the tables.
Karafka::App.consumer_groups.draw do
  { payments: PaymentsConsumer, sales: SalesConsumer, steps: StepsConsumer, visits: VisitsConsumer,
    invoices_wanted: InvoicesConsumer }.each do |name, type|
    consumer_group(name) do
      topic(name) do
        controller type
        batch_consuming true
      end
    end
  end
end
Karafka::App.boot!

produce = lambda do |topic, payloads|
  Karafka.producer.produce_many_sync(payloads.map { |it| { topic: topic, key: "o1", payload: it.to_json } })
end
produce.call("payments", [{ number: 1, amount: 5 }, { number: 1, amount: 5 }, { number: 2, amount: 7 }])
produce.call("sales", [{ day: "monday", amount: 5 }, { day: "tuesday", amount: 1 }, { day: "monday", amount: 7 }])
produce.call("steps", Array.new(250) { { day: "a step", amount: 1 } })
produce.call("visits", [{ page: "/" }, { page: "/cart" }])

# An outbox that finds SQLite locked is delivered with the next message, and there is none: so the invoice comes alone.
wanted = nil
serve("all is applied, and what was written is told") do
  DailySale.where(day: "a step").count == 250 && Visit.count == 2 && Payment.count == 2 &&
    DailySale.where.not(day: "a step").sum(:amount) == 13 &&
    (wanted ||= produce.call("invoices_wanted", [{ amount: 12 }])) && Invoice.count == 1 && OutboxRecord.none?
end
expect_equal([["monday", 12], ["tuesday", 1]], DailySale.where.not(day: "a step").order(:day).pluck(:day, :amount))
stored = lambda do |base|
  base.connection.select_rows("SELECT topic, next_offset FROM karafka_offsets ORDER BY topic")
end
expect_equal([["invoices_wanted", 1], ["sales", 3], ["steps", 250]], stored.call(ActiveRecord::Base))
expect_equal([["visits", 2]], stored.call(AnalyticsRecord))
found = Karafka::Native.positions({ "bootstrap.servers" => ENV.fetch("KAFKA_BROKERS") }, [["invoices", 0]], 5.0)
expect_equal(1, found.first[:high])
