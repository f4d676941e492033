# frozen_string_literal: true

# Owns the thread that reads what the core tells besides batches, and passes it to the monitor. Ends when the inbox is
# closed and empty. Must not run user code other than subscribers.
module Karafka
  module Processing
    class Listener
      # @param inbox [Native::Inbox]
      # @param groups [Array<Routing::ConsumerGroup>] in the order of the numbers their consumers were started with
      # @param controllers [Controllers]
      def initialize(inbox, groups, controllers)
        @inbox = inbox
        @groups = groups
        @controllers = controllers
        @thread = Thread.new { listen }
        @thread.name = "karafka-listener"
      end

      # @return [Errors::KafkaError, nil] a group can never consume again, for this reason
      attr_reader :fatal

      # @param timeout [Numeric] seconds
      # @return [Boolean] has it ended?
      def join(timeout)
        !@thread.join(timeout).nil?
      end

      private

      def listen
        tell_commits
        while (event = @inbox.next_event(nil))
          begin
            hear(event)
            tell_commits
          rescue Exception => e
            # A subscriber may raise anything; the next event must be heard all the same.
            Karafka.monitor.notice_error(self.class, e)
          end
        end
      end

      def hear(event)
        group = @groups[event[:group]]&.name
        monitor = Karafka.monitor
        case event[:type]
        when "assigned"
          monitor.instrument("partitions.assigned", group: group, partitions: event[:partitions])
        when "revoked"
          drop(@groups[event[:group]], event[:partitions])
          monitor.instrument("partitions.revoked", group: group, partitions: event[:partitions], lost: event[:lost])
        when "error"
          monitor.instrument("connection.error", group: group, **event.slice(:code, :message, :fatal))
          end_process(group, event) if event[:fatal]
        when "stalled"
          stalled(group, event)
        when "moved"
          moved(group, event[:moved])
        when "committed"
          committed(group, event)
        when "log"
          monitor.instrument("connection.log", group: group, **event.slice(:level, :message))
        end
      end

      def stalled(group, event)
        backtrace = Workers.backtrace_of(event[:assignment]) if event[:running]
        Karafka.monitor.instrument("partition.stalled", group: group, backtrace: backtrace,
                                                        **event.slice(:topic, :partition, :offset, :lag, :seconds))
      end

      # Of each commit the core tells only who listens. Looked at with every event, because subscribers come and go.
      def tell_commits
        @inbox.tell_commits(Karafka.monitor.listening?("offsets.committed"))
      end

      def moved(group, move)
        Karafka.monitor.instrument(moved_event(move), group: group,
                                                      **move.slice(:topic, :partition, :from, :to, :reason))
      end

      def moved_event(move)
        return "partition.sought" if move[:kind] == "sought"

        move[:kind] == "reset" || move[:reason] == "commit_gone" ? "partition.reset" : "partition.moved_back"
      end

      def committed(group, event)
        payload = { group: group, **event.slice(:partitions, :time) }
        return Karafka.monitor.instrument("offsets.committed", payload) unless event[:code]

        Karafka.monitor.instrument("offsets.commit_failed", **payload, code: event[:code])
      end

      # Instances with hooks are still to be told; their job drops them.
      def drop(group, partitions)
        bare = partitions.reject { |it| group.topic_for(it[:topic]).hooks? }
        @controllers.drop(bare.map { |it| it[:assignment] })
      end

      # The other groups could go on; a process that consumes nothing for this one must not look healthy.
      def end_process(group, event)
        @fatal ||= Errors::KafkaError.new("#{group} cannot consume any more: #{event[:code]} #{event[:message]}; " \
                                          "the process has stopped, start it again")
        App.stop!
      end
    end
  end
end
