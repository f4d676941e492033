# frozen_string_literal: true

# Owns what a job class says about its records. Written while classes are loaded, read wherever jobs are enqueued.
module Karafka
  module Rails
    module ActiveJob
      # Part of every job class.
      module Options
        # What {ClassMethods#karafka_options} takes.
        KNOWN = %i[key].freeze

        # @api private
        def self.included(type)
          super
          type.class_attribute(:karafka_job_options, instance_accessor: false, instance_predicate: false, default: {})
          type.extend(ClassMethods)
        end

        # What job classes get.
        module ClassMethods
          # @param options [Hash]
          # @option options [Proc, Symbol, String, nil] :key jobs of one key run one after the other, in the order in
          #   which they were enqueued: a Proc is given the job, a Symbol names one of its methods
          # @return [void]
          # @example
          #   class ShipOrderJob < ApplicationJob
          #     karafka_options key: ->(job) { job.arguments.first.id }
          #   end
          def karafka_options(**options)
            unknown = options.keys.find { |name| !KNOWN.include?(name) }
            unless nil == unknown
              raise ArgumentError, "#{self}: karafka_options does not know #{unknown}; " \
                                   "#{Setup::Suggestion.for(unknown, KNOWN)}"
            end
            Options.check_key(self, options[:key]) if options.key?(:key)
            self.karafka_job_options = karafka_job_options.merge(options)
          end
        end

        class << self
          # @param job [ActiveJob::Base]
          # @return [String, nil] for its record
          # @raise [Errors::InvalidJob]
          def key(job)
            given = job.class.karafka_job_options[:key]
            key =
              case given
              when Symbol then job.send(given)
              when Proc then given.call(job)
              else given
              end
            return if nil == key
            return key.to_s unless key.to_s.empty?

            raise Errors::InvalidJob, "#{job.class}: its key is empty; give a String or a number, or nil for no key"
          end

          # @raise [ArgumentError]
          # @api private
          def check_key(type, key)
            return if nil == key || Proc === key || Symbol === key || String === key

            raise ArgumentError, "#{type}: key is #{Setup::Problems.show(:option, key)}; " \
                                 "give ->(job) { ... }, the name of a method, or a String"
          end
        end
      end
    end
  end
end
