# frozen_string_literal: true

# Owns one partition that a spec feeds: its records, where its controller stands, what it asked of the partition. Stands
# in for the core, by the rules of src/offsets.rs and src/consumer/partition.rs, without its time: what rests is not
# waited for. Belongs to the thread of the spec. What becomes of a job is decided by UnitOfWork, as in the server.
module Karafka
  module Testing
    # @api private
    class Feed
      # One job, as the server runs it, whose error is the spec's.
      class Job < Processing::UnitOfWork
        # An exit that user code wants is an error for the spec to expect.
        def self.stop_for(_error); end

        # @return [Exception, nil] what user code raised
        attr_reader :error

        private

        def failed(error)
          @error = error
          super
        end

        def hook_failed(error)
          @error = error
          super
        end
      end

      # What UnitOfWork asks for controllers.
      Only = Struct.new(:controller) do
        def fetch(*) = controller
        def take(*) = controller
      end

      # @return [Routing::Topic]
      attr_reader :topic
      # @return [Integer]
      attr_reader :partition
      # @return [BaseController]
      attr_reader :controller
      # @return [Integer, nil] the offset of the last message that was marked
      attr_reader :marked_offset
      # @return [Integer, nil] the same, of what Kafka was told of at once
      attr_reader :committed_offset
      # @return [Numeric, Symbol, nil] seconds, or :until_resume
      attr_reader :paused
      # @return [Object, nil] where the controller wanted to go on
      attr_reader :sought
      # @return [Integer, nil] of the messages that were consumed last
      attr_reader :last_attempt
      # @return [Object] what `consume` returned last
      attr_accessor :result

      # @param topic [Routing::Topic]
      # @param partition [Integer]
      def initialize(topic, partition)
        @topic = topic
        @partition = partition
        @records = []
        @position = @next_offset = 0
        @attempt = 1
        @controller = topic.build_controller
        @controller.karafka_lease = self
        join_turns if topic.controller.turns?
      end

      # Ends up in the texts of failures.
      def inspect
        "#<#{self.class} #{@topic}/#{@partition} at #{@position} of #{end_offset}>"
      end

      # @param record [Record]
      # @return [void]
      def add(record)
        @records << record
      end

      # @return [Integer] the one that Kafka would give
      def end_offset
        @records.empty? ? 0 : @records.last.offset + 1
      end

      # @return [Boolean] is a job of it being run?
      def running?
        @running
      end

      # Consumes what was fed, batch by batch, until the controller pauses, seeks, or raises.
      # @return [Object] what `consume` returned
      # @raise [Exception] what user code raised; what is not marked comes again with the next call
      def consume
        check
        @paused = @sought = nil
        hook("on_assigned") unless @assigned
        @assigned = true
        loop do
          before = @position
          run(FedRecords.new(self, batch, @attempt))
          break if @paused || @sought || @revoked || @position == before || batch.empty?
        end
        @result
      end

      # @param name [String] of a hook
      # @return [void]
      def hook(name)
        run(FedRecords.new(self, [], 1, name)) if @topic.hooks?
        @revoked = true unless name == "on_assigned"
      end

      # === what the controller asks ===

      def revoked? = @revoked || false
      def cut_short? = !(@paused || @sought).nil?
      def pause(seconds) = wish { @paused = seconds || :until_resume }
      def resume = wish { @paused = nil }
      # Errors of user code are counted in the core; here the spec has them.
      def raised(_class) = nil

      def seek(target)
        wish { @sought = String === target ? target.to_sym : target.values.first }
      ensure
        @seeking = target unless @revoked
      end

      # === what FedRecords is told ===

      # @return [Integer] the first offset that is not marked
      attr_reader :next_offset

      def mark(offset)
        return false if @revoked || @seeking
        if offset >= (@handed_out || 0)
          raise ArgumentError, "offset #{offset} was not handed out yet, so it cannot be marked as consumed"
        end
        return true if offset < @next_offset

        @marked_offset = offset
        @next_offset = offset + 1
        true
      end

      def commit
        @committed_offset = @marked_offset
        !@revoked
      end

      # A hook may have sought, too.
      def done(job)
        go_on_at(job.hook ? @position : @handed_out, 1) unless job.hook && !@seeking
      end

      def failed(job, left, unseen)
        @seeking = @sought = nil
        return if job.hook || left == job.size

        go_on_at(job.offset(left), attempt_after(job, left, unseen))
        @last = @handed_out - 1
      end

      def go_on_at(position, attempt)
        @last = nil
        @position = position
        @attempt = attempt
        return unless @seeking

        # From now on it counts as what is not done, even if it is behind.
        @position = @next_offset = offset_of(@seeking)
        @seeking = nil
      end

      private

      def check
        raise Error, "the controller of #{@topic} has lost its partition; build another one" if @revoked
        return unless batch.empty?

        raise Error, "the controller of #{@topic} was given nothing to consume; call `karafka.produce(payload)` first"
      end

      def join_turns
        interval = Processing::Turns.interval(@topic.consumer_group)
        @controller.karafka_join_turns(Processing::Turn.new(interval), 1)
      end

      def run(records)
        @running = true
        unless records.size.zero?
          @handed_out = records.offset(records.size - 1) + 1
          @last_attempt = records.attempt
        end
        job = Job.new(records, @topic.consumer_group, Only.new(@controller))
        job.run
        raise job.error if job.error
      ensure
        @running = false
      end

      # What failed comes again as it was, without what has come since.
      def batch
        group = @topic.consumer_group
        records = @records.select { |record| record.offset >= @position && (@last.nil? || record.offset <= @last) }
        records.first(group.batch_fetching ? group.max_messages : 1)
      end

      def attempt_after(job, left, unseen)
        return job.attempt + 1 if left.zero?

        left >= unseen ? 1 : 2
      end

      def wish
        return false if @revoked

        yield
        true
      end

      def offset_of(target)
        case target
        when "earliest" then @records.first&.offset || 0
        when "latest" then end_offset
        else
          offset, time = target.values_at("offset", "time")
          return offset if offset

          found = @records.find { |record| WaterDrop::MessageOptions.milliseconds(record.timestamp) >= time }
          found ? found.offset : end_offset
        end
      end
    end
  end
end
