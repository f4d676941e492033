# frozen_string_literal: true

require "karafka_rs"
require "set"
require "zlib"
require_relative "journal"

# Owns the consuming process of a history: the boot file that `karafka server` is started with, as users write one, and
# a controller that writes down all that it sees, fails and dawdles where the plan says so. Started by the history with
# FOLDER, MEMBER and BROKERS. The controller's code runs on worker threads, the subscribers on the threads that tell.
module Faults
  # What this member is told to do.
  class Orders
    # Kinds of failures; what is no error kills the worker thread.
    FAILURES = {
      "standard" => RuntimeError, "script" => NotImplementedError, "memory" => NoMemoryError, "exit" => SystemExit,
      "kill" => :kill
    }.freeze

    # In one process: a history must come to its end.
    MOST_FAILURES = 12
    MOST_LONG = 2

    attr_reader :member, :journal

    def initialize(folder, name)
      plan = JSON.parse(File.read(File.join(folder, "plan.json")), symbolize_names: true)
      @folder = folder
      @seed = plan.fetch(:seed)
      @member = plan.fetch(:members).find { |member| member[:name] == name }
      @strategy = plan.fetch(:strategy)
      @journal = Journal.new(File.join(folder, "#{name}.#{Process.pid}.log"))
      @failed = Hash.new(0)
      @seen = Set.new
      @failures = @long = 0
      @lock = Mutex.new
    end

    # Librdkafka's properties.
    def properties
      kip848 = { "group.protocol" => "consumer" }
      classic = { "partition.assignment.strategy" => @strategy, "max.poll.interval.ms" => member[:poll_interval] }
      instance = member[:static] ? { "group.instance.id" => member[:static] } : {}
      debug = ENV["DEBUG"] ? { "debug" => ENV["DEBUG"], "log_level" => "7" } : {}
      (@strategy == "consumer" ? kip848 : classic).merge(instance, debug)
    end

    # The same records dawdle in every process, long ones once in each: retries would make hours of them.
    def dawdle(partition, offset)
      every, seconds = member[:nap]
      sleep(seconds) if chosen?("nap", partition, offset, every)
      every, seconds = member[:long]
      return unless every && chosen?("long", partition, offset, every)

      sleep(seconds) if once?(:long, partition, offset) && @lock.synchronize { @long += 1 } <= MOST_LONG
    end

    # The error to raise at this record, a bounded number of times in each process.
    def failure(partition, offset)
      every, times, kind = member[:failures]
      return unless every && chosen?("failure", partition, offset, every)
      return if @lock.synchronize { (@failed[[partition, offset]] += 1) > times || (@failures += 1) > MOST_FAILURES }
      return if kind == "exit" && !first?("exit-#{partition}-#{offset}")

      FAILURES.fetch(kind)
    end

    # How long to pause the partition after the batch that ends with this record, once in each process.
    def pause(partition, offset)
      return unless Karafka::BaseController.method_defined?(:pause)

      every, seconds = member[:pauses]
      seconds if every && chosen?("pause", partition, offset, every) && once?(:pause, partition, offset)
    end

    # Where to seek after it, once in each process: always back, or records would be lost on purpose.
    def seek(partition, offset)
      return unless Karafka::BaseController.method_defined?(:seek)

      every, back = member[:seeks]
      return unless every && chosen?("seek", partition, offset, every) && once?(:seek, partition, offset)

      [offset - back, 0].max
    end

    private

    def once?(*what)
      @lock.synchronize { @seen.add?(what) }
    end

    # First in all processes of the history: what ends a process may not meet the next one again.
    def first?(name)
      File.open(File.join(@folder, name), File::CREAT | File::EXCL).close
      true
    rescue Errno::EEXIST
      false
    end

    def chosen?(what, partition, offset, every)
      (Zlib.crc32("#{@seed}/#{what}/#{partition}/#{offset}") % every).zero?
    end
  end

  ORDERS = Orders.new(ENV.fetch("FOLDER"), ENV.fetch("MEMBER"))

  class RecordsController < Karafka::BaseController
    def consume
      batch = ORDERS.member[:batch] ? params_batch.to_a : [params]
      place = [object_id, batch.first.partition]
      write("enter", *place, batch.first.offset, batch.last.offset, attempt)
      batch.each { |params| work(place, params, params.equal?(batch.last)) }
      steer(place, batch.last)
      outcome = "ok"
    rescue Exception => e
      outcome = e.class.name
      raise
    ensure
      write("leave", *place, outcome)
    end

    private

    def work(place, params, last)
      payload = params.payload
      write("begin", *place, params.offset, payload["id"], params.key, payload["key"])
      ORDERS.dawdle(params.partition, params.offset)
      failure = ORDERS.failure(params.partition, params.offset)
      fail_with(failure) if failure && !ORDERS.member[:late]
      write("done", *place, params.offset)
      mark(place, params) if ORDERS.member[:marks] && (last || ORDERS.member[:marks] == "each")
      fail_with(failure) if failure
    end

    def fail_with(failure)
      failure == :kill ? Thread.current.kill : raise(failure, "planned")
    end

    # Told before it is done: a kill may come between.
    def steer(place, params)
      offset = ORDERS.seek(params.partition, params.offset)
      seconds = ORDERS.pause(params.partition, params.offset)
      if offset
        write("seek", *place, offset)
        seek(offset)
      end
      return unless seconds

      write("pause", *place, seconds)
      pause(seconds)
    end

    def mark(place, params)
      now = ORDERS.member[:commit_now]
      result = now ? mark_as_consumed!(params) : mark_as_consumed(params)
      write("mark", *place, params.offset, now, result)
    end

    def write(...)
      ORDERS.journal.write(...)
    end
  end
end

orders = Faults::ORDERS
member = orders.member
journal = orders.journal

Karafka::App.setup do |config|
  config.client_id = "faults"
  config.logger = Logger.new(IO::NULL)
  config.concurrency = member[:concurrency]
  config.max_messages = member[:max_messages]
  config.shutdown_timeout = member[:shutdown_timeout]
  config.kafka.seed_brokers = ENV.fetch("BROKERS")
  config.kafka.max_wait_time = 0.01
  config.kafka.session_timeout = member[:session]
  config.kafka.heartbeat_interval = 0.3
  config.kafka.reconnect_timeout = 0.5
  # An answer that never comes is waited for this long.
  config.kafka.socket_timeout = 4
  config.kafka.offset_commit_interval = member[:commit_interval]
  config.kafka.automatically_mark_as_consumed = member[:marks].nil?
  config.kafka.pause_timeout, config.kafka.pause_max_timeout = member[:pause]
  config.kafka.pause_exponential_backoff = !member[:pause].last.nil?
  config.kafka.librdkafka = orders.properties
end

Karafka::App.consumer_groups.draw do
  consumer_group "g" do
    topic "t" do
      controller Faults::RecordsController
      batch_consuming member[:batch]
    end
  end
end

Karafka.monitor.subscribe("app.running") { journal.write("running") }
Karafka.monitor.subscribe("app.stopping") { journal.write("stopping") }
Karafka.monitor.subscribe("app.stopped") { journal.write("stopped") }
Karafka.monitor.subscribe("server.forced_stop") { |event| journal.write("forced", event[:running_jobs]) }
Karafka.monitor.subscribe("error.occurred") { |event| journal.write("raised", event[:error].full_message) }
Karafka.monitor.subscribe("partitions.assigned") do |event|
  event[:partitions].each { |partition| journal.write("assigned", partition[:partition]) }
end
Karafka.monitor.subscribe("partitions.revoked") do |event|
  event[:partitions].each { |partition| journal.write("revoked", partition[:partition], event[:lost]) }
end
Karafka.monitor.subscribe("connection.error") do |event|
  journal.write("error", event[:code], event[:message], event[:fatal])
end
Karafka.monitor.subscribe("connection.log") { |event| journal.write("log", event[:level], event[:message]) }
Karafka.monitor.subscribe("worker.failed") do |event|
  journal.write("failed", event[:partition], event[:offset], event[:attempt], event[:error].class.name)
end

Karafka::App.boot!
