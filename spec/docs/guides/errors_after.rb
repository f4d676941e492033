# frozen_string_literal: true

# A job that fails twice is heard of twice, set aside, and the next one is done.
Karafka::App.config.batch_consuming = false
Karafka::App.config.kafka.pause_timeout = 0.05
Karafka::App.consumer_groups.draw { topic(:jobs) { controller JobsController } }
Karafka.producer.produce_many_sync([{ topic: "jobs", payload: '{"id":1}' }, { topic: "jobs", payload: '{"id":2}' }])
heard = []
serve("the second job is done") do
  heard << HEARD.pop until HEARD.empty?
  heard.include?([:done, 2])
end
expect_equal([[:failed, 1, "job 1 cannot be"], [:failed, 2, "job 1 cannot be"], [:aside, 1], [:done, 2]], heard)
