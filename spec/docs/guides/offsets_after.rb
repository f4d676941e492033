# frozen_string_literal: true

# Consumes with the guide's controllers and looks at what Kafka has been told.
Karafka::App.consumer_groups.draw do
  consumer_group(:balances) { topic(:balances) { controller BalancesController } }
end
Karafka::App.boot!

numbers = ->(topic) { Array.new(5) { |number| { topic: topic, payload: { amount: number }.to_json } } }
Karafka.producer.produce_many_sync(%w[totals imports steps balances].flat_map(&numbers))

saved = []
wanted = [[0, 1, 2, 3], [:step, 4], { position: 5, sum: 39 }]
serve("all is consumed") do
  saved << SAVED.pop until SAVED.empty?
  (wanted - saved).empty?
end
expect_equal([[:step, 0], [:step, 1], [:step, 2], [:step, 3], [:step, 4]], saved.select { |it| it[0] == :step })
# Begun at the position that was stored with the result.
expect_equal([32, 35, 39], saved.grep(Hash).map { |it| it[:sum] })
expect_equal([5, 4, 5, 5], [committed(:totals), committed(:imports), committed(:steps), committed(:balances)])
