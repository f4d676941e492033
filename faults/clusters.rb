# frozen_string_literal: true

require "fileutils"
require "socket"
require "karafka_rs"

# Owns the brokers of a history: the embedded cluster in this process, or nisshi in one of its own, on a file, so that
# it can be killed and started again. Called by the history's main thread only. Must answer `servers`, `apply`, `heal`
# and `close` alike.
module Faults
  # The embedded broker and what it can be told to do wrong.
  class MockBrokers
    GROUP = "faults_g"

    def initialize(plan, _folder)
      @count = plan[:broker][:brokers]
      @broker = Karafka::EmbeddedBroker.start(topics: { "t" => plan[:partitions] }, brokers: @count)
      # From version 5 on it gives every committed offset the newest leader epoch. Right after a leader moved, it knows
      # no record of that epoch, and librdkafka takes the log for truncated and reads it from its beginning.
      inject(kind: "max_version", api: "offset_fetch", version: 4)
    end

    def servers
      @broker.bootstrap_servers
    end

    # @param fault [Hash]
    # @return [Proc, nil] ends the fault
    def apply(fault)
      broker = fault[:broker]
      case fault[:kind]
      when "requests" then inject(**fault.slice(:kind, :api, :code, :times))
      when "coordinator" then inject(kind: "coordinator", group: GROUP, broker: broker)
      when "leader" then inject(kind: "leader", topic: "t", partition: fault[:partition], broker: broker)
      when "topic"
        inject(kind: "topic", topic: "t", code: fault[:code])
        -> { inject(kind: "topic", topic: "t", code: "NO_ERROR") }
      when "broker_down"
        inject(kind: "broker_down", broker: broker)
        -> { inject(kind: "broker_up", broker: broker) }
      when "round_trip"
        inject(kind: "round_trip", broker: broker, millis: fault[:millis])
        -> { inject(kind: "round_trip", broker: broker, millis: 0) }
      else raise ArgumentError, "#{fault[:kind].inspect} is no fault of the embedded broker; see faults/plan"
      end
    end

    # No failure is left to come. Faults that last end by their own time.
    def heal
      FaultTimes::CODES.each_key { |api| inject(kind: "no_requests", api: api) }
    end

    def close
      @broker.close
    end

    private

    def inject(**fault)
      @broker.inject(**fault)
      nil
    end
  end

  # Nisshi from PATH, on one port and one file for the whole history.
  class Nisshi
    PROGRAM = "nisshi"
    # Seconds it may take to listen.
    START = 15

    # @return [Boolean] is the program there?
    def self.available?
      ENV.fetch("PATH", "").split(File::PATH_SEPARATOR).any? { |folder| File.executable?(File.join(folder, PROGRAM)) }
    end

    def initialize(plan, folder)
      @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
      @folder = folder
      start
      partitions = plan[:partitions]
      system(PROGRAM, "topic", "create", "--broker", "tcp://#{servers}", "--partitions", partitions.to_s, "t",
             out: log, err: log) || raise("nisshi did not create the topic; see #{log.first}")
    end

    def servers
      "127.0.0.1:#{@port}"
    end

    def apply(fault)
      raise ArgumentError, "#{fault[:kind].inspect} is no fault of nisshi; see faults/plan" if fault[:kind] != "restart"

      stop
      -> { start }
    end

    def heal; end

    def close
      stop
    end

    private

    def start
      url = "tcp://#{servers}"
      @pid = Process.spawn(PROGRAM, "broker", "--listener-url", url, "--advertised-listener-url", url,
                           "--group-initial-rebalance-delay", "100ms",
                           "--storage-engine", "sqlite://nisshi.db", chdir: @folder, out: log, err: log)
      deadline = Journal.now + START
      sleep 0.02 until listening? || Journal.now > deadline
      raise "nisshi does not listen on #{servers} after #{START} s; see #{log.first}" unless listening?
    end

    # Killed: nothing it has confirmed may need a farewell.
    def stop
      Process.kill(:KILL, @pid)
      Process.wait(@pid)
    end

    def listening?
      TCPSocket.open("127.0.0.1", @port, &:close)
      true
    rescue SystemCallError
      false
    end

    def log
      [File.join(@folder, "nisshi.txt"), "a"]
    end
  end
end
