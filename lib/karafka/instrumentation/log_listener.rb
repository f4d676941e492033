# frozen_string_literal: true

# Owns which events the log tells, at which level and in which words; no other file logs what happened. What a line
# looks like is in log_line.rb. Runs on the thread where the event happened. Must not write what is inside messages:
# payloads, keys and headers may be personal.
module Karafka
  module Instrumentation
    # Subscribed by default; `Karafka.monitor.unsubscribe(Karafka::Instrumentation::LogListener)` silences it.
    #
    # Each method gives the event and a text; group, topic, offset, error, backtrace and numbers of the event are told
    # beside the text where the format has a place for them (see {LogLine}). A text that costs something to make is a
    # block: `debug(event) { "text" }`.
    # @api private
    module LogListener
      AWAY = "check kafka.seed_brokers and that the brokers run, it is tried on"
      REFUSED = "check kafka.sasl_* (mechanism, user name, password), it is tried on"
      # What to look at, by code: the texts of librdkafka know its own settings only.
      REMEDIES = {
        "_TRANSPORT" => AWAY, "_RESOLVE" => AWAY, "_ALL_BROKERS_DOWN" => AWAY,
        "_AUTHENTICATION" => REFUSED, "SASL_AUTHENTICATION_FAILED" => REFUSED, "UNSUPPORTED_SASL_MECHANISM" => REFUSED,
        "_SSL" => "check kafka.ssl_ca_cert or kafka.ssl_ca_cert_file_path, and that the certificate names the host, " \
                  "it is tried on",
        "TOPIC_AUTHORIZATION_FAILED" => "give this client the right to read and describe the topic",
        "GROUP_AUTHORIZATION_FAILED" => "give this client the right to read in the group",
        "UNKNOWN_TOPIC_OR_PART" => "create the topic, or check its name in the route; it is looked for again",
        "_MAX_POLL_EXCEEDED" => "the process was stopped or starved of processor time for longer than " \
                                "max.poll.interval.ms, and the group went on without it; it joins again by itself",
        "_BAD_MSG" => "when it comes again, check that a Kafka broker without TLS listens there, and its disks"
      }.freeze
      # Why a partition does not go on at the offset that was next.
      MOVED = {
        "out_of_range" => "Kafka has no offset %s",
        "made_anew" => "offset %s was next, and the topic was emptied or made anew",
        "commit_gone" => "Kafka has forgotten the group's offset %s",
        "commit_moved_back" => "somebody else moved the group's offset %s while the partition was away",
        "not_committed" => "what was done up to offset %s when the partition went away was not committed",
        "went_back" => "offset %s was committed, and then an earlier one"
      }.freeze
      private_constant :AWAY, :REFUSED, :REMEDIES, :MOVED

      # Syslog level up to which a line of librdkafka is worth a warning.
      WARNING = 4

      class << self
        def on_app_warning(event)
          warn(event, event[:message])
        end

        def on_app_running(event)
          info(event, "running")
        end

        def on_http_listening(event)
          info(event, "answering /live, /ready, /metrics and /status on http://#{event[:address]}")
        end

        def on_app_quiet(event)
          info(event, "quiet: nothing more is consumed, the partitions stay ours; stop with TERM")
        end

        def on_app_stopping(event)
          info(event, "stopping")
        end

        def on_shutdown_phase(event)
          info(event, "stopping: #{event[:phase].tr("_", " ")} after #{event[:time]&.round} ms")
        end

        def on_app_stopped(event)
          info(event, "stopped")
        end

        def on_process_notice_signal(event)
          info(event, "received signal #{event[:signal]}")
        end

        def on_server_forced_stop(event)
          error(event, "shutdown_timeout is over and #{event[:running_jobs]} jobs still run; stopping without them")
        end

        def on_partitions_assigned(event)
          info(event, "#{event[:group]}: assigned #{partitions(event)}")
        end

        def on_partitions_revoked(event)
          info(event, "#{event[:group]}: revoked #{partitions(event)}")
        end

        def on_partition_stalled(event)
          worker = event[:backtrace] ? "its worker is in user code" : "no worker is busy with it"
          error(event, "#{place(event)}: nothing got done for #{event[:seconds].round} s at offset " \
                       "#{event[:offset]}, #{event[:lag]} behind; #{worker}")
        end

        def on_partition_sought(event)
          back = event[:to] && event[:to] < event[:from].to_i
          text = "#{place(event)}: user code goes on at #{event[:to] || "the end"}, offset #{event[:from]} was next"
          back ? warn(event, "#{text}: #{distance(event)}") : info(event, text)
        end

        def on_partition_reset(event)
          reason = format(MOVED.fetch(event[:reason], "offset %s was next"), event[:from])
          warn(event, "#{place(event)}: #{reason}, it goes on at #{event[:to]}: #{distance(event)}")
        end
        alias on_partition_moved_back on_partition_reset

        def on_process_threads_dumped(event)
          event[:threads].each do |thread|
            warn(event, "thread #{thread[:name]} (#{thread[:status]})", backtrace: thread[:backtrace])
          end
        end

        def on_fetcher_silent(event)
          error(event, "#{event[:group]}: its fetcher has not come round for #{event[:seconds].round} s; when that " \
                       "goes on, restart the process (/live says so too)")
        end

        def on_connection_error(event)
          remedy = REMEDIES[event[:code]]
          text = "#{event[:group]}: #{event[:code]} #{event[:message]}#{"; #{remedy}" if remedy}"
          event[:fatal] ? fatal(event, text) : error(event, text)
        end

        def on_connection_log(event)
          text = "#{event[:group]}: librdkafka #{event[:message]}"
          # Lost connections are told as connection.error as well, once instead of many times.
          worth = event[:level].to_i.between?(1, WARNING) && !event[:message].to_s.start_with?("FAIL")
          worth ? warn(event, text) : debug(event, text)
        end

        def on_worker_process(event)
          debug(event) do
            "#{place(event)}: consumed #{event[:size]} from #{event[:first_offset]} in #{event[:time]&.round(1)} ms"
          end
        end

        def on_worker_failed(event)
          error(event, "#{place(event)}: #{describe(event)}; attempt #{event[:attempt]} from offset " \
                       "#{event[:offset]}, again in #{event[:backoff]} s")
        end

        def on_worker_hook_failed(event)
          again = ", again in #{event[:backoff]} s" if event[:hook] == "on_assigned"
          error(event, "#{place(event)}: #{event[:hook]} failed, #{describe(event)}#{again}")
        end

        def on_worker_turn_failed(event)
          error(event, "#{place(event)}: a poll callback failed, #{describe(event)}, again in #{event[:backoff]} s")
        end

        def on_worker_died(event)
          had = event[:topic] ? "while it worked for #{place(event)}, whose messages come again" : "without a job"
          why = event[:error] ? "raised #{describe(event)}" : "was killed"
          left = event[:replaced] ? "another takes its place" : "no thread can be started in its place"
          error(event, "#{event[:worker]} #{why} #{had}; #{left}")
        end

        def on_worker_dropped(event)
          info(event, "#{place(event)}: dropped #{event[:size]} fetched messages, the partition went to another member")
        end

        def on_producer_delivery_failed(event)
          error(event, "a message to #{event[:topic]}/#{event[:partition]} was not delivered: " \
                       "#{event[:code]} #{event[:message]}")
        end

        def on_producer_left_at_close(event)
          error(event, "#{event[:count]} messages were not delivered within #{event[:timeout]} s of " \
                       "closing the producer")
        end

        def on_error_occurred(event)
          error(event, "#{event[:caller]}: #{describe(event)}")
        end

        private

        LogLine::LEVELS.each_key do |level|
          define_method(level) do |event, text = nil, **more, &block|
            LogLine.write(logger(event), level, event, text, **more, &block)
          end
        end

        # Producers have a logger of their own, which is the same one unless somebody sets it.
        def logger(event)
          event.id.start_with?("producer.") || event[:group] == "producer" ? WaterDrop.logger : Karafka.logger
        end

        def place(event)
          "#{event[:group]} #{event[:topic]}/#{event[:partition]}"
        end

        # Not all offsets are messages: some are gone, some mark transactions.
        def distance(event)
          offsets = event[:to].to_i - event[:from].to_i
          offsets.negative? ? "what is left of #{-offsets} offsets comes again" : "#{offsets} offsets are left out"
        end

        def partitions(event)
          Array(event[:partitions]).map { |it| "#{it[:topic]}/#{it[:partition]}" }.join(", ")
        end

        def describe(event)
          LogLine.describe(event[:error])
        end
      end
    end
  end
end
