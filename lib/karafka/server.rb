# frozen_string_literal: true

# Owns the life of a consuming process: connect, consume, stop. Runs on the thread that calls `run`, the main thread as
# a rule, which does nothing but wait. Read it from the top: the order of the steps is the contract.
module Karafka
  # Consumes in this process what the routes say.
  class Server
    # Seconds that leaving the groups may take after the work is done.
    LEAVE_TIMEOUT = 15
    # Seconds for threads of ours to end once nothing holds them.
    JOIN_TIMEOUT = 5
    # Seconds without a sign of life after which a fetcher is told as "fetcher.silent". It never waits for longer than
    # the last commit and leaving its group take.
    SILENCE = 30

    @wakeups = Queue.new

    class << self
      # @return [Array<String>, nil] names of the groups to consume; nil or empty is all
      attr_accessor :consumer_groups

      # Consumes until `Karafka::App.stop!`, or INT, TERM, QUIT.
      #
      # On the way out: nothing more is fetched, running work is finished, what is finished is committed, the groups are
      # left, and messages on their way out are delivered. Work that outlasts `shutdown_timeout` is left behind,
      # uncommitted, to be consumed again.
      # @return [Boolean] false when work was left behind
      # @raise [Errors::InvalidConfiguration] there is nothing to consume, or librdkafka refuses a setting
      # @raise [Errors::KafkaError] a group can never consume again; the others were stopped gracefully
      def run
        groups = App.consumer_groups.active
        if groups.empty?
          raise Errors::InvalidConfiguration, "no consumer group to consume; draw one with `consumer_groups.draw`" \
                                              "#{", or mend #{consumer_groups.inspect}" if consumer_groups&.any?}"
        end

        # A class that a route gives by its name must be there before anything is consumed.
        Routing::Contract.new(groups, load: true).validate!
        Process.instance.supervise { new(groups).run }
      end

      # Lets a waiting server look at the status. Allowed inside a signal trap.
      # @api private
      def wake
        @wakeups << true
      end

      # @api private
      def wait_for_wake
        @wakeups.pop
      end
    end

    # @param groups [Array<Routing::ConsumerGroup>]
    # @api private
    def initialize(groups)
      @groups = groups
      @inbox = Native::Inbox.new(SILENCE)
      @controllers = Processing::Controllers.new
      @consumers = []
    end

    # @return [Boolean]
    # @api private
    def run
      graceful = serve
      raise @listener.fatal if @listener.fatal

      graceful
    end

    private

    def serve
      App.run!
      listen
      connect
      consume
      Karafka.monitor.instrument("app.running")
      wait_for_stop
      Karafka.monitor.instrument("app.stopping")
      stop
    ensure
      # After an error above too: nothing of ours may go on behind the caller's back.
      release
      App.stopped!
      Karafka.monitor.instrument("app.stopped")
    end

    def wait_for_stop
      until App.stopping?
        Server.wait_for_wake
        be_quiet if App.quiet? && !@quiet
      end
    end

    # Running work ends and is committed; the groups keep their members, so nothing moves.
    def be_quiet
      @quiet = true
      @consumers.each(&:quiet)
      Karafka.monitor.instrument("app.quiet")
    end

    def listen
      bind = App.config.http.bind
      return unless bind

      @endpoint = Native::Endpoint.new(@inbox, Producer::Counted.registry, { bind: bind })
      Karafka.monitor.instrument("http.listening", address: @endpoint.address)
    end

    def connect
      @groups.each_with_index do |group, number|
        @consumers << Native::Consumer.new(@inbox, settings(group, number))
      end
    end

    def consume
      @listener = Processing::Listener.new(@inbox, @groups, @controllers)
      @workers = Processing::Workers.new(@inbox, @groups, @controllers, concurrency)
      @turns = Processing::Turns.start(@controllers, @groups)
    end

    # Graceful until `shutdown_timeout`; then without what still runs.
    def stop
      deadline = Deadline.new(App.config.shutdown_timeout)
      # First, so that no turn begins behind the last hooks, which wait for one that runs.
      @turns&.stop(0)
      phase("fetching_stopped") do
        @consumers.each(&:stop)
        @consumers.each { |consumer| consumer.wait_stopped(deadline.left) }
      end
      phase("work_finished") { |report| wait_for_work(deadline) or report[:phase] = "work_given_up" }
      !@left_behind
    end

    def wait_for_work(deadline)
      turn_left = @turns && !@turns.stop(deadline.left)
      idle = @consumers.map { |consumer| consumer.wait_idle(deadline.left) }.all? && !turn_left
      unless idle
        running = @consumers.sum(&:running_jobs) + (turn_left ? 1 : 0)
        Karafka.monitor.instrument("server.forced_stop", running_jobs: running)
      end
      @left_behind = !idle
      idle
    end

    # A part of the stop, which is told when it has ended.
    def phase(name)
      report = { phase: name }
      Karafka.monitor.instrument("shutdown.phase", report) { yield(report) }
    end

    def release
      phase("groups_left") { leave(Deadline.new(LEAVE_TIMEOUT)) }
      phase("threads_ended") { end_threads }
      # Closed, not flushed: at process exit nothing is left that would be waited for a second time.
      phase("producers_closed") { WaterDrop::Producers.close }
    end

    def leave(deadline)
      # Asked first, so that all leave at the same time.
      @consumers.each { |consumer| consumer.close(0) }
      @consumers.each { |consumer| consumer.close(deadline.left) }
    end

    def end_threads
      @turns&.stop(0)
      @inbox.close
      @endpoint&.close(JOIN_TIMEOUT)
      # Work that was given up is not waited for a second time.
      @workers&.join(@left_behind ? 0 : JOIN_TIMEOUT)
      @listener&.join(JOIN_TIMEOUT)
    end

    def settings(group, number)
      {
        group: number,
        properties: Setup::Librdkafka.consumer(group),
        topics: group.topics.map do |topic|
          { name: topic.subscription_name, start: topic.start_from_beginning ? "earliest" : "latest",
            hooks: topic.hooks? }
        end,
        max_messages: group.batch_fetching ? group.max_messages : 1,
        max_bytes: group.max_bytes,
        # One for each worker to take up when it is free; more would only be older when its turn comes.
        ready_limit: concurrency,
        concurrency: group.concurrency,
        commit_threshold: group.offset_commit_threshold,
        stall_after: App.config.stall_timeout&.to_f
      }
    end

    # A group that may use more threads than the others has them all to itself at times, never the others' share.
    def concurrency
      [App.config.concurrency, *@groups.map(&:concurrency)].max
    end

    # Time that several waits share.
    class Deadline
      # @param seconds [Numeric, nil] nil: for ever
      def initialize(seconds)
        @at = seconds && (Clock.now + seconds)
      end

      # @return [Float, nil] seconds left, not below 0
      def left
        @at && [@at - Clock.now, 0].max
      end
    end
    private_constant :Deadline
  end
end
