# frozen_string_literal: true

# Owns the word of the routes for jobs. Runs while routes are drawn.
module Karafka
  module Rails
    module ActiveJob
      # @api private
      module Routes
        # Words for the routes of a group.
        module Group
          # Routes queues: the topic of each, and where its jobs wait that are not due.
          # @param names [Array<Symbol, String>] of queues
          # @param scheduled [Boolean] false: such jobs are refused when they are enqueued
          # @yield words about the topic of jobs
          # @return [void]
          def active_job_topic(*names, scheduled: true, &block)
            Routes.check(names, scheduled, self)
            names.each do |name|
              Routes.jobs(self, name, block)
              Routes.scheduled(self, name) if scheduled
            end
          end
        end

        # Words for routes outside of a group: each queue is in a group of its own, named like it.
        module Simple
          private

          def active_job_topic(*names, scheduled: true, &block)
            Routes.check(names, scheduled, "draw")
            names.each do |name|
              group = Routing::ConsumerGroup.new(name)
              group.active_job_topic(name, scheduled: scheduled, &block)
              push(group.build)
            end
          end
        end

        # A group's list of words.
        module Words
          def nested
            super + %i[active_job_topic]
          end
        end

        class << self
          # @return [void]
          # @raise [ArgumentError]
          def check(names, scheduled, place)
            if names.empty?
              raise ArgumentError, "active_job_topic got no queue inside #{place}; write `active_job_topic :default`"
            end
            return if [true, false].include?(scheduled)

            raise ArgumentError, "active_job_topic got scheduled #{Setup::Problems.show(:scheduled, scheduled)} " \
                                 "inside #{place}; give true or false"
          end

          # Jobs enqueued before the group's first start are jobs, too, whatever the application says of other topics.
          def jobs(group, name, block)
            group.topic(name) do
              controller Consumer
              batch_consuming false
              parser Parsers::Json
              start_from_beginning true
              instance_eval(&block) if block
            end
          end

          def scheduled(group, name)
            topic = group.topic("#{Routing::Name.of(name)}#{Record::SUFFIX}") do
              controller ScheduledConsumer
              batch_consuming true
              persistent true
              start_from_beginning true
            end
            topic.marks_by_hand = true
          end
        end
      end
    end
  end

  Routing::ConsumerGroup.include(Rails::ActiveJob::Routes::Group)
  Routing::ConsumerGroup.singleton_class.prepend(Rails::ActiveJob::Routes::Words)
  Routing::Builder.include(Rails::ActiveJob::Routes::Simple)
end
