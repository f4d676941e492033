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

      # Events of the core that are told as they are.
      PLAIN = {
        "assigning" => "partitions.assigning", "assigned" => "partitions.assigned",
        "revoking" => "partitions.revoking", "fetched" => "partition.fetched", "silent" => "fetcher.silent",
        "log" => "connection.log"
      }.freeze
      private_constant :PLAIN

      # @return [Errors::KafkaError, nil] a group can never consume again, for this reason
      attr_reader :fatal

      # @param timeout [Numeric] seconds
      # @return [Boolean] has it ended?
      def join(timeout)
        !@thread.join(timeout).nil?
      end

      private

      def listen
        while (event = @inbox.next_event(nil))
          begin
            hear(event)
          rescue Exception => e
            # A subscriber may raise anything; the next event must be heard all the same.
            UnitOfWork.stop_for(e)
            Karafka.monitor.notice_error(self.class, e)
          end
        end
      end

      def hear(event)
        name = @groups[event[:group]]&.name
        payload = { **event, group: name }.tap { |it| it.delete(:type) }
        case event[:type]
        when "revoked"
          drop(@groups[event[:group]], event[:partitions])
          Karafka.monitor.instrument("partitions.revoked", payload)
        when "error"
          Karafka.monitor.instrument("connection.error", payload)
          end_process(name, event) if event[:fatal]
        when "stalled" then stalled(payload)
        when "statistics"
          read = Instrumentation::Statistics.new(event[:statistics])
          Karafka.monitor.instrument("statistics.emitted", { group: name, statistics: read })
        when "moved" then moved(name, event[:moved])
        when "committed" then committed(name, event)
        else Karafka.monitor.instrument(PLAIN.fetch(event[:type]), payload)
        end
      end

      def stalled(payload)
        backtrace = Workers.backtrace_of(payload[:assignment]) if payload[:running]
        place = payload.except(:assignment, :running)
        Karafka.monitor.instrument("partition.stalled", { **place, backtrace: backtrace })
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
