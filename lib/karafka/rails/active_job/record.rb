# frozen_string_literal: true

# Owns what a job looks like in Kafka, and what cannot be asked of Kafka. Pure but for one warning for each queue. Runs
# wherever jobs are enqueued. Must not send.
module Karafka
  module Rails
    module ActiveJob
      # @api private
      module Record
        # Where a job waits that is not due.
        SUFFIX = ".scheduled"
        # When it is due, in milliseconds since 1970.
        DUE = "active-job-due"

        @warned = {}

        class << self
          # @param job [::ActiveJob::Base]
          # @param timestamp [Numeric, nil] seconds since 1970
          # @return [Hash{Symbol => Object}] keywords of Producer#produce_sync
          # @raise [Errors::InvalidJob]
          def for(job, timestamp)
            queue = queue(job)
            refuse_priority(job) unless nil == job.priority
            running = Running.of(job)
            later = timestamp && timestamp > Time.now.to_f
            check_route(job, queue, later)
            record = { topic: mapped("#{queue}#{SUFFIX if later}"), payload: payload(job),
                       key: running ? running.key : Options.key(job) }
            # Up: never before its time.
            record[:headers] = { DUE => (timestamp * 1000).ceil.to_s } if later
            record
          end

          # @return [String] a job's `provider_job_id`: the place of its record
          def id(topic, partition, offset)
            "#{topic}/#{partition}/#{offset}"
          end

          # @param name [String] topic in the application
          # @return [String] in the cluster
          def mapped(name)
            Routing::Name.of(App.config.topic_mapper.outgoing(name))
          end

          # Once for each queue and process.
          # @api private
          def forget_warnings
            @warned.clear
          end

          private

          def queue(job)
            name = job.queue_name.to_s
            return name if Setup::Rules.topic?(name)

            raise Errors::InvalidJob, "#{job.class}: queue #{Setup::Problems.show(:queue, name)} cannot be a topic; " \
                                      "name it with 1 to #{Setup::Rules::NAME_LIMIT} letters, digits, dots, dashes, " \
                                      "underscores"
          end

          def refuse_priority(job)
            shown = Setup::Problems.show(:priority, job.priority)
            raise Errors::InvalidJob, "#{job.class}: priority #{shown} cannot be, Kafka knows no order but that of a " \
                                      "topic; leave it out, and give urgent jobs a queue of their own, for example " \
                                      "queue_as :urgent"
          end

          def check_route(job, queue, later)
            routes = App.consumer_groups.flat_map(&:topics)
            if later
              refuse_waiting(job, queue) if routes.none? { |topic| topic.name == "#{queue}#{SUFFIX}" }
            elsif routes.none? { |topic| topic.name == queue }
              warn_once(job, queue)
            end
          end

          def refuse_waiting(job, queue)
            raise Errors::InvalidJob, "#{job.class}: it shall wait, and no route serves #{queue}#{SUFFIX}; " \
                                      "route it with `active_job_topic :#{queue}` and without `scheduled: false`, " \
                                      "or enqueue it without wait and wait_until"
          end

          # Another process may have the route, so it is no error.
          def warn_once(job, queue)
            return if @warned[queue]

            @warned[queue] = true
            Karafka.monitor.instrument(
              "app.warning", message: "#{job.class}: no route of this process serves queue #{queue}, jobs wait in " \
                                      "its topic until one does; add `active_job_topic :#{queue}` to the routes"
            )
          end

          def payload(job)
            ::JSON.generate(job.serialize)
          rescue ::JSON::JSONError, EncodingError => e
            raise Errors::InvalidJob, "#{job.class}: its arguments cannot be written as JSON (#{e.class}); give " \
                                      "Strings in UTF-8 and finite numbers"
          end
        end
      end
    end
  end
end
