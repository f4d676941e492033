# frozen_string_literal: true

# Consumes with the guide's controllers what they are for.
Karafka::App.consumer_groups.draw do
  consumer_group :guide do
    topic(:orders) { controller OrdersController }
    topic(:clicks) do
      controller ClicksController
      batch_consuming true
    end
    topic(:payments) { controller PaymentsController }
    topic(:visits) { controller VisitsController }
    topic(:slow) do
      controller ExportsController
      batch_consuming true
    end
  end
end
Karafka::App.boot!

Karafka.producer.produce_many_sync(
  [
    { topic: "orders", payload: '{"total":12}', key: "customer-7" },
    *Array.new(3) { |number| { topic: "clicks", payload: { page: number }.to_json, partition: 0 } },
    { topic: "payments", payload: '{"id":1}' }, { topic: "payments", payload: '{"id":2}' },
    { topic: "visits", payload: nil }, { topic: "visits", payload: "1" }, { topic: "slow", payload: '{"row":1}' }
  ]
)

seen = []
serve("all is consumed") do
  seen << STORED.pop until STORED.empty?
  seen.include?([:booked, 2]) && seen.include?(["customer-7", 12, 0]) && seen.include?([:row, 1]) &&
    seen.include?([:visit, 1]) && seen.include?([:polled]) &&
    seen.grep(Array).filter_map { |it| it[1] if it.first == :clicks }.sum == 3
end
seen << STORED.pop until STORED.empty?
expect_equal([[:booked, 1], [:booked, 2]], seen.select { |it| it.first == :booked })
expect_equal([[:opened, 0], [:closed, 0]], seen.select { |it| %i[opened closed].include?(it.first) })
expect_equal([[:visit, 1], [:goodbye]], seen.select { |it| %i[visit goodbye].include?(it.first) })
