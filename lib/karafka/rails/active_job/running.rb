# frozen_string_literal: true

# Owns which job a thread is running, so that the same job enqueued once more, by `retry_on`, is known. Belongs to the
# thread that runs the job.
module Karafka
  # What is for applications on Rails alone.
  module Rails
    # Jobs as records of Kafka.
    module ActiveJob
      # @api private
      Running = Struct.new(:id, :key) do
        class << self
          # @param id [String] of the job
          # @param key [String, nil] of its record
          # @return [Object] the block's result
          def during(id, key)
            outer = Thread.current[:karafka_running_job]
            Thread.current[:karafka_running_job] = new(id, key)
            yield
          ensure
            Thread.current[:karafka_running_job] = outer
          end

          # @param job [ActiveJob::Base]
          # @return [Running, nil] nil when this thread is not running that job
          def of(job)
            running = Thread.current[:karafka_running_job]
            running if running && running.id == job.job_id
          end
        end
      end
    end
  end
end
