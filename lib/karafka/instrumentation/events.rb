# frozen_string_literal: true

# Owns the list of events: name, when it is sent, what its payload holds, and of what type that is. An event that is not
# listed cannot be subscribed to. docs/events.md is made of this file (`rake docs`). Must not send or log anything.
module Karafka
  # What is told to the monitor, and how.
  module Instrumentation
    # Events by name. The value says when, and behind the first ": " the keys of the payload, all of them, each with a
    # note in brackets where it needs one.
    EVENTS = {
      # The process
      "app.initialized" => "boot! is done: none",
      "app.warning" => "something is not as the user may expect, such as a setting without effect: message",
      "app.running" => "the server consumes: none",
      "http.listening" => "questions are answered over HTTP (`http.bind`): address",
      "app.quiet" => "nothing more is consumed until the stop: none",
      "app.stopping" => "a stop was asked for: none",
      "shutdown.phase" => "a part of the stop has ended: phase (\"fetching_stopped\", \"work_finished\" or " \
                          "\"work_given_up\", \"groups_left\", \"threads_ended\", \"producers_closed\", in this " \
                          "order), time",
      "server.forced_stop" => "shutdown_timeout is over and work still runs: running_jobs",
      "app.stopped" => "all work has ended: none",
      "process.notice_signal" => "a signal came: signal, caller (Karafka::Process)",
      "process.threads_dumped" => "TTIN came: threads (name, status and backtrace of each)",
      "worker.died" => "a thread that runs user code was killed or raised outside of it; another takes its place: " \
                       "worker, group (nil: it had no job; else that job comes again), topic (nil likewise), " \
                       "partition (nil likewise), error (nil: it was killed), replaced (false: no thread could be " \
                       "started)",

      # Groups and partitions
      "partitions.assigning" => "the group gives partitions, and where they begin is looked up: group, partitions",
      "partitions.assigned" => "partitions came: group, partitions, time (since they were given)",
      "partitions.revoking" => "the group wants partitions back, and their last jobs may end: group, partitions, lost",
      "partitions.revoked" => "partitions went: group, partitions, lost, time (since they were wanted back)",
      "partition.fetched" => "messages of a partition were put together and wait for a worker: group, topic, " \
                             "partition, size, first_offset, last_offset, attempt, lag (these messages included)",
      "partition.stalled" => "there are messages, and for stall_timeout nothing got done: group, topic, partition, " \
                             "offset (the first that is not done; nil: none was handed out), lag, seconds, " \
                             "backtrace (of its worker, if one is busy with it)",
      "partition.sought" => "user code went elsewhere: group, topic, partition, from, to (nil: behind the last " \
                            "message), reason (\"offset\", \"earliest\", \"latest\" or \"time\")",
      "partition.reset" => "the next message was not there, or Kafka has forgotten the group's offset: group, topic, " \
                           "partition, from, to, reason (\"out_of_range\", \"made_anew\" or \"commit_gone\")",
      "partition.moved_back" => "the group was set back otherwise: group, topic, partition, from, to, reason " \
                                "(\"commit_moved_back\" by somebody else, \"not_committed\" before the partition " \
                                "went away, \"went_back\")",
      "offsets.committed" => "Kafka confirmed a commit: group, partitions (topic, partition and offset of each), time",
      "offsets.commit_failed" => "Kafka did not take a commit: group, partitions, code, time",
      "fetcher.silent" => "the thread that looks after a group has not come round for 30 seconds: group, seconds",
      "statistics.emitted" => "a client has counted (`kafka.statistics_interval`): group (or \"producer\"), statistics",
      "connection.error" => "a client reports trouble: group (or \"producer\"), code, message, fatal",
      "connection.log" => "a line of librdkafka: group (or \"producer\"), level, message",

      # User code
      "worker.started" => "a worker begins with messages: group, topic, partition, size, attempt, first_offset, " \
                          "last_offset, waited",
      "worker.retry" => "a worker begins with messages that have failed before: group, topic, partition, size, " \
                        "attempt, first_offset, last_offset",
      "worker.process" => "messages were consumed: group, topic, partition, size, attempt, first_offset, " \
                          "last_offset, consumed (fewer than size: the rest was handed back), time",
      "worker.failed" => "user code raised: group, topic, partition, size, attempt, offset, error, backoff, time",
      "worker.hook" => "on_assigned, on_revoked or on_shutdown returned: group, topic, partition, hook, time",
      "worker.hook_failed" => "on_assigned, on_revoked or on_shutdown raised: group, topic, partition, size, hook, " \
                              "attempt, error, backoff (only on_assigned is run again)",
      "worker.turn_failed" => "a poll callback raised while nothing came: group, topic, partition, error, backoff",
      "worker.dropped" => "messages of a partition that is gone were dropped: group, topic, partition, size, attempt",
      "offset.marked" => "everything up to a message counts as done: group, topic, partition, offset",
      "controllers.process" => "`consume` returned: caller (the controller), time",
      "controllers.respond_with" => "a responder was called by a controller: caller (the controller), data, time",
      "responders.respond_to" => "a message was put into a responder's buffer: caller (the responder), " \
                                 "topic (a Symbol where it was written as one), data, options",

      # Producing
      "producer.produced" => "messages of one topic were put on their way, by the synchronous calls also confirmed: " \
                             "call (such as :produce_sync), topic, size, time",
      "producer.delivered" => "Kafka confirmed messages of one partition: topic, partition, first_offset (nil: not " \
                              "known), last_offset (nil likewise), size, time (since the first was produced; nil: " \
                              "not known), dropped (before these, confirmed and not told: subscribers are slow)",
      "producer.delivery_failed" => "Kafka did not take a message that nobody waits for: " \
                                    "topic, partition (nil: none was chosen), key, payload, headers, code, message",
      "producer.left_at_close" => "time was over before everything was delivered: count, timeout",

      # Everything else that went wrong
      "error.occurred" => "something raised, a parser for example: caller, error"
    }.freeze

    # Types and units of what payloads hold, by key.
    KEYS = {
      address: "String", attempt: "Integer, from 1", backoff: "Numeric, seconds until it is run again",
      backtrace: "Array of String, or nil", caller: "Object", code: "String, as librdkafka names it",
      call: "Symbol", consumed: "Integer, messages", count: "Integer, messages", data: "Object", error: "Exception",
      dropped: "Integer, messages", fatal: "true or false", first_offset: "Integer", group: "String", headers: "Hash",
      hook: "String",
      key: "String, or nil", lag: "Integer, messages, or nil: the end is not known", last_offset: "Integer",
      level: "Integer, of syslog", lost: "true or false; true: without a chance to commit", message: "String",
      offset: "Integer", from: "Integer, or nil: not known", to: "Integer, or nil: not known yet", reason: "String",
      options: "Hash", partition: "Integer", partitions: "Array of Hash with topic and partition",
      payload: "String, or nil", phase: "String", replaced: "true or false", running_jobs: "Integer",
      seconds: "Float, seconds", signal: "String", size: "Integer, messages",
      statistics: "Karafka::Instrumentation::Statistics", threads: "Array of Hash", time: "Float, milliseconds",
      timeout: "Numeric, seconds", topic: "String", waited: "Float, milliseconds until a worker was free",
      worker: "String, the name of its thread"
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
