# frozen_string_literal: true

# Owns one job from its record until it has run. Runs on a worker, message by message, so that a job which fails is the
# one that is tried again. Must not know when a job is due.
module Karafka
  module Rails
    module ActiveJob
      # Runs jobs. What Active Job handles (retry_on, discard_on, rescue_from) is done; any other error rests the
      # partition, and the job comes again. May be a parent: `active_job_topic(:imports) { controller ImportJobs }`.
      class Consumer < BaseController
        # @return [void]
        # @raise [Errors::InvalidJob] the record is no job, or its class is not there
        # @raise [Exception] what the job raised and Active Job did not handle
        def consume
          job = karafka_job
          Running.during(job["job_id"], params.key) { karafka_execute(job) }
          mark_as_consumed(params)
          # Kafka is told at once and nobody waits for it: after a crash few jobs run again.
          params.batch.source.commit(0)
        end

        private

        def karafka_job
          job = params.payload
          unless Hash === job && String === job["job_class"] && Array === job["arguments"]
            karafka_invalid("is no job of Active Job")
          end

          job.merge("provider_job_id" => Record.id(topic.subscription_name, params.partition, params.offset))
        rescue Errors::ParserError
          karafka_invalid("is no job of Active Job, it is not JSON")
        end

        def karafka_execute(job)
          ::ActiveJob::Base.execute(job)
        rescue NameError
          raise if karafka_job_class?(job["job_class"])

          karafka_invalid("has job class #{Setup::Problems.show(:class, job["job_class"])}, which is none",
                          "was it renamed? Deploy a job class of that name")
        end

        def karafka_job_class?(name)
          name.safe_constantize.respond_to?(:deserialize)
        end

        def karafka_invalid(what, cure = "see who writes to this topic")
          raise Errors::InvalidJob, "#{topic.name}/#{params.partition}, offset #{params.offset} #{what}; #{cure}, or " \
                                    "skip it with a controller of your own that rescues this error"
        end
      end
    end
  end
end
