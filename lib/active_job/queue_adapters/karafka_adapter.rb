# frozen_string_literal: true

require "karafka_rs/active_job"

# Owns the way of jobs into Kafka. Called from any thread that enqueues; holds nothing. Must not run jobs.
module ActiveJob
  # Adapters by name.
  module QueueAdapters
    # Rails 7.2 and later have a parent for all adapters.
    # @api private
    KARAFKA_PARENT = const_defined?(:AbstractAdapter) ? AbstractAdapter : Object
    private_constant :KARAFKA_PARENT

    # Jobs as records of Kafka: one record each, in the topic that is named like the queue.
    # @example config/application.rb
    #   config.active_job.queue_adapter = :karafka
    # @example karafka.rb
    #   consumer_groups.draw { active_job_topic :default }
    class KarafkaAdapter < KARAFKA_PARENT
      # @return [Boolean] a job must not be run before what it is about is there to be read
      def enqueue_after_transaction_commit?
        true
      end

      # Returns when Kafka has the job. What Kafka does not take is an error of Karafka's in every Rails: an
      # EnqueueError would end in `perform_later`, and where nobody looks at its result (after a commit, in a job that
      # enqueues others, in `retry_on`) the job would be nowhere, without a word.
      # @param job [ActiveJob::Base]
      # @return [void]
      # @raise [Karafka::Errors::InvalidJob] the job asks for what cannot be
      # @raise [Karafka::Errors::KafkaError] Kafka did not take it
      def enqueue(job)
        enqueue_at(job, nil)
      end

      # @param job [ActiveJob::Base]
      # @param timestamp [Numeric, nil] seconds since 1970; not before then
      # @return [void]
      # @raise [Karafka::Errors::InvalidJob, Karafka::Errors::KafkaError] see {#enqueue}
      def enqueue_at(job, timestamp)
        taken(job, Karafka.producer.produce_sync(**record(job, timestamp)))
      end

      # Sends jobs together; when one of them cannot be, nothing is sent.
      # @param jobs [Array<ActiveJob::Base>] each is told whether Kafka has it (`successfully_enqueued?`), and if not,
      #   why (`enqueue_error`)
      # @return [Integer] how many Kafka has
      # @raise [Karafka::Errors::InvalidJob]
      def enqueue_all(jobs)
        jobs.each { |job| job.successfully_enqueued = false }
        records = jobs.map { |job| record(job, job.scheduled_at&.to_f) }
        reports, failed = send_all(records)
        jobs.each_with_index do |job, index|
          error = failed[index]
          next job.enqueue_error = refusal(job, records[index], error) if error

          taken(job, reports.shift)
          job.successfully_enqueued = true
        end
        jobs.size - failed.size
      end

      # @return [Boolean] is the process about to end? For jobs that can be interrupted
      def stopping?(_job = nil)
        Karafka::App.stopping?
      end

      private

      def record(job, timestamp)
        Karafka::Rails::ActiveJob::Record.for(job, timestamp)
      end

      def send_all(records)
        [Karafka.producer.produce_many_sync(records), {}]
      rescue Karafka::Errors::DeliveryFailed => e
        # Reports come in the order of the records that were taken.
        [e.delivered.dup, e.failed.to_h { |failure| [failure.index, failure.error] }]
      end

      def taken(job, report)
        job.provider_job_id = Karafka::Rails::ActiveJob::Record.id(report.topic, report.partition, report.offset)
      end

      # Rails has a kind of its own for what a job is told.
      def refusal(job, record, error)
        ::ActiveJob::EnqueueError.new("#{job.class} #{job.job_id} was not enqueued to #{record[:topic]}: " \
                                      "#{error.message}")
      end
    end
  end
end
