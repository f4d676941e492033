# frozen_string_literal: true

# Runs what the guide has enqueued.
Karafka::App.boot!
Karafka.producer.produce_sync(topic: "foreign", payload: "no job")
serve("all jobs of the guide") { DONE.size == 7 }

mails, others = Array.new(DONE.size) { DONE.pop }.partition { |done| done.is_a?(String) }
steps, failures = others.partition { |first, _| first == 7 }
expect_equal(%w[ann@example.com bob@example.com], mails.sort)
expect_equal([[7, "pack"], [7, "label"], [7, "ship"]], steps)
expect_equal([["ImportJob", 2, "no file"], ["foreign", 0, "is no job"]], failures.sort_by(&:to_s))
