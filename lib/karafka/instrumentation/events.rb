# frozen_string_literal: true

# Owns the list of events: name, when it is sent, what its payload holds. An event that is not listed cannot be
# subscribed to. Must not send or log anything.
module Karafka
  # What is told to the monitor, and how.
  module Instrumentation
    # Events by name. The value says when, and the payload keys; every event that wraps work has `time` in milliseconds
    # as well.
    EVENTS = {
      # The process
      "app.initialized" => "boot! is done: none",
      "app.warning" => "something is not as the user may expect, such as a setting without effect: message",
      "app.running" => "the server consumes: none",
      "http.listening" => "questions are answered over HTTP (`http.bind`): address",
      "app.quiet" => "nothing more is consumed until the stop: none",
      "app.stopping" => "a stop was asked for: none",
      "app.stopped" => "all work has ended: none",
      "process.notice_signal" => "a signal came: signal",
      "process.threads_dumped" => "TTIN came: threads (name, status and backtrace of each)",
      "server.forced_stop" => "shutdown_timeout is over and work still runs: running_jobs",

      # Groups and partitions
      "partitions.assigned" => "partitions came: group, partitions",
      "partitions.revoked" => "partitions went: group, partitions, lost (true: without a chance to commit)",
      "partition.stalled" => "there are messages, and for stall_timeout nothing got done: group, topic, partition, " \
                             "offset (the first that is not done), lag, seconds, backtrace (of its worker, if one is " \
                             "busy with it)",
      "connection.error" => "a client reports trouble: group (or \"producer\"), code, message, fatal",
      "connection.log" => "a line of librdkafka: group, level (of syslog), message",

      # User code
      "worker.process" => "a batch was consumed: group, topic, partition, size, attempt, first_offset, last_offset",
      "worker.failed" => "user code raised: group, topic, partition, offset, attempt, error, backoff (seconds)",
      "worker.hook_failed" => "on_assigned, on_revoked or on_shutdown raised: group, topic, partition, hook, " \
                              "attempt, error, backoff (seconds; only on_assigned is run again)",
      "worker.turn_failed" => "a poll callback raised while nothing came: group, topic, partition, error, " \
                              "backoff (seconds)",
      "worker.dropped" => "a batch of a partition that is gone was dropped: group, topic, partition, size",
      "controllers.process" => "`consume` returned: caller (the controller)",
      "controllers.respond_with" => "a responder was called by a controller: caller, data",
      "responders.respond_to" => "a message was put into a responder's buffer: caller, topic, data, options",

      # Producing
      "producer.produced" => "messages of one topic were put on their way, by the synchronous calls also confirmed: " \
                             "call (such as :produce_sync), topic, size, time",
      "producer.delivered" => "Kafka confirmed messages of one partition: topic, partition, first_offset and " \
                              "last_offset (nil: not known), size, time (since the first was produced), dropped " \
                              "(messages before these that were confirmed and not told, because subscribers are slow)",
      "producer.delivery_failed" => "Kafka did not take a message that nobody waits for: " \
                                    "topic, partition, key, payload, headers, code, message",
      "producer.left_at_close" => "time was over before everything was delivered: count, timeout (seconds)",

      # Everything else that went wrong
      "error.occurred" => "something raised, a parser for example: caller, error"
    }.freeze

    # What producers tell of each call; they begin when somebody subscribes.
    PRODUCER_EVENTS = %w[producer.produced producer.delivered].freeze

    # What Karafka 1.1 gave to a monitor's `notice`: event -> how to make the two arguments from its payload.
    NOTICES = {
      "controllers.process" => ->(it) { [it[:caller].class, it[:caller].send(:params_batch)] },
      "controllers.respond_with" => ->(it) { [it[:caller].class, it.slice(:data)] },
      "responders.respond_to" => ->(it) { [it[:caller].class, it.slice(:topic, :data, :options)] },
      "process.notice_signal" => ->(it) { [Karafka::Process, it.slice(:signal)] }
    }.freeze

    # What Karafka 1.1 gave to a monitor's `notice_error` from its consuming loop: event -> how to make the exception
    # from its payload.
    ERROR_NOTICES = {
      "worker.failed" => ->(it) { it[:error] },
      "worker.hook_failed" => ->(it) { it[:error] },
      "worker.turn_failed" => ->(it) { it[:error] },
      "connection.error" => ->(it) { Errors::KafkaError.new("#{it[:group]}: #{it[:code]} #{it[:message]}") }
    }.freeze
  end
end
