# frozen_string_literal: true

require "fileutils"
require "socket"
require "tmpdir"
require_relative "../../support/waiting"

# Owns one broker process of its own, nisshi, which speaks Kafka over TCP: its port, its folder, its end. Used by one
# thread. Must not outlive this process: what is started is closed by the example, and in any case at exit.
class Nisshi
  include Waiting

  # Where `bin/setup --external` installs.
  INSTALLED = File.expand_path("../../../tmp/tools/bin/nisshi", __dir__)
  # Starts with the checkout's own when PATH has none.
  PROGRAM = ENV.fetch("PATH", "").split(File::PATH_SEPARATOR).map { |folder| File.join(folder, "nisshi") }
    .push(INSTALLED).find { |path| File.executable?(path) && !File.directory?(path) }

  attr_reader :servers

  # @param durable [Boolean] keep everything in a file, which survives the process; else in memory
  # @param options [Array<String>] further ones of `nisshi broker`
  def initialize(*options, durable: false)
    PROGRAM || raise("no nisshi on PATH nor in tmp/tools; run bin/setup --external, or set KAFKA_BROKERS")
    @folder = Dir.mktmpdir("nisshi")
    @servers = "127.0.0.1:#{free_port}"
    # The file's path is taken as relative, whatever it starts with: the process runs in the folder.
    @storage = durable ? "sqlite://broker.db" : "memory://nisshi/"
    start(*options)
    at_exit { close }
  end

  # Starts the process, again on the same port and storage after {#kill}; gives back when it answers.
  def start(*options)
    url = "tcp://#{servers}"
    @pid = Process.spawn(PROGRAM, "broker", "--listener-url", url, "--advertised-listener-url", url,
                         "--storage-engine", @storage, "--group-initial-rebalance-delay", "100ms", *options,
                         in: File::NULL, %i[out err] => [log, "a"], chdir: @folder)
    @waiter = Process.detach(@pid)
    wait_until("nisshi on #{servers} (see #{log})", timeout: 30) do
      raise "nisshi ended: #{File.read(log)}" unless @waiter.alive?

      answers?
    end
  end

  # Makes a user known; only a broker without --authentication lets us.
  # @param mechanism [String] "scram256" or "scram512"
  def create_user(name, password, mechanism)
    Dir.chdir(@folder) do
      system(PROGRAM, "user", "create", "--broker", "tcp://#{servers}", "--mechanism", mechanism, name, password,
             exception: true, out: File::NULL)
    end
  end

  # Puts a file into the broker's folder.
  # @return [String] its path
  def write(name, text)
    File.join(@folder, name).tap { |path| File.write(path, text) }
  end

  # Ends the process at once, as a crash would.
  def kill
    Process.kill(:KILL, @pid) if @waiter.alive?
    @waiter.join
  end

  def close
    kill
    FileUtils.rm_rf(@folder)
  end

  private

  def log
    File.join(@folder, "log")
  end

  def free_port
    TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
  end

  def answers?
    TCPSocket.open(*servers.split(":")).close
    true
  rescue Errno::ECONNREFUSED
    false
  end
end
