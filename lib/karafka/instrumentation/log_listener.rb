# frozen_string_literal: true

# Owns all log lines of the framework; no other file logs what happened. Runs on the thread where the event happened.
# Must not write what is inside messages: payloads, keys and headers may be personal.
module Karafka
  module Instrumentation
    # Subscribed by default; `Karafka.monitor.unsubscribe(Karafka::Instrumentation::LogListener)` silences it.
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
        "_BAD_MSG" => "when it comes again, check that a Kafka broker without TLS listens there, and its disks"
      }.freeze
      # Why a partition is not where it was, by reason.
      RESETS = {
        "out_of_range" => "Kafka has no offset %s",
        "made_anew" => "offset %s was next, and the topic was emptied or made anew",
        "commit_gone" => "Kafka has forgotten the group's offset %s"
      }.freeze
      SET_BACK = {
        "commit_moved_back" => "somebody else moved the group's offset while the partition was away",
        "not_committed" => "what was done when the partition went away was not committed",
        "went_back" => "by a commit that nobody asked for"
      }.freeze
      private_constant :AWAY, :REFUSED, :REMEDIES, :RESETS, :SET_BACK

      # Syslog level up to which a line of librdkafka is worth a warning.
      WARNING = 4

      class << self
        def on_app_warning(event)
          Karafka.logger.warn(event[:message])
        end

        def on_app_running(_event)
          info("running")
        end

        def on_http_listening(event)
          info("answering /live, /ready, /metrics and /status on http://#{event[:address]}")
        end

        def on_app_quiet(_event)
          info("quiet: nothing more is consumed, the partitions stay ours; stop with TERM")
        end

        def on_app_stopping(_event)
          info("stopping")
        end

        def on_app_stopped(_event)
          info("stopped")
        end

        def on_process_notice_signal(event)
          info("received signal #{event[:signal]}")
        end

        def on_server_forced_stop(event)
          error("shutdown_timeout is over and #{event[:running_jobs]} jobs still run; stopping without them")
        end

        def on_partitions_assigned(event)
          info("#{event[:group]}: assigned #{partitions(event)}")
        end

        def on_partitions_revoked(event)
          info("#{event[:group]}: revoked #{partitions(event)}")
        end

        def on_partition_stalled(event)
          worker = event[:backtrace]
          worker = worker ? "its worker is in #{worker.first(10).join(" < ")}" : "no worker is busy with it"
          error("#{place(event)}: nothing got done for #{event[:seconds].round} s at offset #{event[:offset]}, " \
                "#{event[:lag]} behind; #{worker}")
        end

        def on_partition_sought(event)
          return info("#{place(event)}: goes on at #{event[:to] || "the end"}, as user code wants") unless back?(event)

          warn("#{place(event)}: user code went back from offset #{event[:from]} to #{event[:to]}, #{again(event)}")
        end

        def on_partition_reset(event)
          lost = back?(event) ? again(event) : "#{event[:to] - event[:from]} offsets were left out"
          warn("#{place(event)}: #{format(RESETS.fetch(event[:reason]), event[:from])}, it goes on at " \
               "#{event[:to]}: #{lost}")
        end

        def on_partition_moved_back(event)
          warn("#{place(event)}: goes back from offset #{event[:from]} to #{event[:to]}, " \
               "#{SET_BACK.fetch(event[:reason])}: #{again(event)}")
        end

        def on_process_threads_dumped(event)
          event[:threads].each do |thread|
            Karafka.logger.warn("thread #{thread[:name]} (#{thread[:status]}): #{thread[:backtrace].join(" < ")}")
          end
        end

        def on_connection_error(event)
          text = "#{event[:group]}: #{event[:code]} #{event[:message]}"
          remedy = REMEDIES[event[:code]]
          text << "; #{remedy}" if remedy
          event[:fatal] ? logger(event).fatal(text) : logger(event).error(text)
        end

        def on_connection_log(event)
          text = "#{event[:group]}: librdkafka #{event[:message]}"
          # Lost connections are told as connection.error as well, once instead of many times.
          worth = event[:level].to_i.between?(1, WARNING) && !event[:message].to_s.start_with?("FAIL")
          worth ? logger(event).warn(text) : logger(event).debug(text)
        end

        def on_worker_process(event)
          Karafka.logger.debug do
            "#{place(event)}: consumed #{event[:size]} from #{event[:first_offset]} in #{event[:time]&.round(1)} ms"
          end
        end

        def on_worker_failed(event)
          error("#{place(event)}: #{describe(event[:error])}; attempt #{event[:attempt]} from offset " \
                "#{event[:offset]}, again in #{event[:backoff]} s")
        end

        def on_worker_hook_failed(event)
          again = ", again in #{event[:backoff]} s" if event[:hook] == "on_assigned"
          error("#{place(event)}: #{event[:hook]} failed, #{describe(event[:error])}#{again}")
        end

        def on_worker_turn_failed(event)
          error("#{place(event)}: a poll callback failed, #{describe(event[:error])}, again in #{event[:backoff]} s")
        end

        def on_worker_dropped(event)
          info("#{place(event)}: dropped #{event[:size]} fetched messages, the partition went to another member")
        end

        def on_producer_delivery_failed(event)
          WaterDrop.logger.error("a message to #{event[:topic]}/#{event[:partition]} was not delivered: " \
                                 "#{event[:code]} #{event[:message]}")
        end

        def on_producer_left_at_close(event)
          WaterDrop.logger.error("#{event[:count]} messages were not delivered within #{event[:timeout]} s of " \
                                 "closing the producer")
        end

        def on_error_occurred(event)
          error("#{event[:caller]}: #{describe(event[:error])}")
        end

        private

        # Producers have a logger of their own, which is the same one unless somebody sets it.
        def logger(event)
          event[:group] == "producer" ? WaterDrop.logger : Karafka.logger
        end

        def info(text)
          Karafka.logger.info(text)
        end

        def warn(text)
          Karafka.logger.warn(text)
        end

        def back?(event)
          event[:from] && event[:to] && event[:to] < event[:from]
        end

        # Not all offsets are messages: some are gone, some mark transactions.
        def again(event)
          "what is left of #{event[:from] - event[:to]} offsets comes again"
        end

        def error(text)
          Karafka.logger.error(text)
        end

        def place(event)
          "#{event[:group]} #{event[:topic]}/#{event[:partition]}"
        end

        def partitions(event)
          Array(event[:partitions]).map { |it| "#{it[:topic]}/#{it[:partition]}" }.join(", ")
        end

        # Without the cause: a parser's own error may quote the payload.
        def describe(exception)
          lines = exception.backtrace&.first(10)
          "#{exception.class}: #{exception.message}#{" (#{lines.join(" < ")})" if lines}"
        end
      end
    end
  end
end
