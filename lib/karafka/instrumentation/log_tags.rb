# frozen_string_literal: true

# Owns the tags that log lines have while a job runs, where loggers take tags, as those of ActiveSupport do. On the
# thread that runs the job. Must make nothing where no logger takes any, and must not fail a job.
module Karafka
  module Instrumentation
    # The tags of one job, in the loggers there are when it begins.
    # @api private
    class LogTags
      # What may be told, and how it looks.
      KINDS = {
        group: ->(job) { job[:group] }, topic: ->(job) { job[:topic] },
        partition: ->(job) { "#{job[:topic]}/#{job[:partition]}" },
        offset: ->(job) { "offset #{job[:offset]}" }, attempt: ->(job) { "attempt #{job[:attempt]}" }
      }.freeze
      NONE = [].freeze
      private_constant :NONE

      class << self
        # @return [#call, nil] gives the logger that user code writes to, where that may be another one
        attr_accessor :other_logger

        # @return [LogTags, nil] nil where no logger takes tags
        def take
          loggers = takers
          new(loggers, App.config.log.tags) unless loggers.empty?
        end

        # Formatters of ActiveSupport keep the tags, and can be asked for them; several loggers may have the same.
        # @param logger [Object]
        # @return [#current_tags, nil]
        def keeper(logger)
          formatter = logger.formatter if logger.respond_to?(:formatter)
          formatter if formatter.respond_to?(:current_tags)
        end

        private

        # Loggers that have `tagged` only are left out: where several act as one, each would run the block.
        def takers
          return NONE if App.config.log.tags.empty?

          own, other = Karafka.logger, other_logger&.call
          # Asked for each job, where as a rule there is nothing to do.
          return NONE if plain?(own) && plain?(other)

          all = [own, other].flat_map { |logger| single(logger) }
          all.select! { |logger| Setup::Rules.answers?(logger, :push_tags, :pop_tags) }
          all.uniq { |logger| (keeper(logger) || logger).__id__ }
        rescue StandardError
          NONE
        end

        # A logger of Ruby itself, or none.
        def plain?(logger)
          nil == logger || (::Logger === logger && !logger.respond_to?(:push_tags) && !logger.respond_to?(:broadcasts))
        end

        # Rails writes to several loggers by one, since 7.1.
        def single(logger)
          Setup::Rules.answers?(logger, :broadcasts) ? logger.broadcasts.flat_map { |it| single(it) } : [logger]
        end
      end

      # @param loggers [Array<Object>]
      # @param kinds [Array<Symbol>] of the {KINDS}
      def initialize(loggers, kinds)
        @loggers = loggers
        @kinds = kinds
      end

      # @param job [Hash{Symbol => Object}] values by kind; tags of kinds that are not among them are not changed
      # @return [Object] what the block gave
      def around(job)
        tags = @kinds.filter_map { |kind| KINDS.fetch(kind).call(job) if job.key?(kind) }
        before = @loggers.map { |logger| push(logger, tags) }
        yield
      ensure
        @loggers.zip(before || NONE) { |logger, depth| pop(logger, depth, tags.size) if depth }
      end

      private

      # @return [Integer, nil] how many tags there were; nil when it takes none
      def push(logger, tags)
        before = depth(logger) || 0
        logger.push_tags(*tags)
        before
      rescue StandardError
        nil
      end

      # Tags that user code has left behind go, too: the next job has nothing to do with them.
      def pop(logger, before, pushed)
        now = depth(logger) || (before + pushed)
        logger.pop_tags(now - before) if now > before
      rescue StandardError
        # The job is done all the same.
      end

      def depth(logger)
        LogTags.keeper(logger)&.current_tags&.size
      end
    end
  end
end
