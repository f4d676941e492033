# frozen_string_literal: true

require "fileutils"
require "socket"
require "tmpdir"
require_relative "../../support/waiting"

# Owns one broker, or another server that is not ours, in a process of its own: its port, its folder, its end. Which
# program and how is a subclass's matter.
# Used by one thread. Must not outlive this process: what is started is closed by the example, and in any case at exit.
class ServerProcess
  include Waiting

  # Where `bin/setup --external` installs.
  TOOLS = File.expand_path("../../../tmp/tools", __dir__)

  class << self
    # @return [String, nil] the program on PATH, else the one in the checkout
    def program
      folders = ENV.fetch("PATH", "").split(File::PATH_SEPARATOR)
      paths = folders.map { |folder| File.join(folder, self::NAME) } << File.join(TOOLS, self::INSTALLED)
      paths.find { |path| File.file?(path) && File.executable?(path) }
    end
  end

  # @return [String] its address
  attr_reader :servers

  def initialize(*options)
    @program = self.class.program ||
               raise("no #{self.class::NAME} on PATH nor in tmp/tools; run bin/setup --external, or set KAFKA_BROKERS")
    @folder = Dir.mktmpdir(self.class::NAME)
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    @servers = "127.0.0.1:#{@port}"
    at_exit { close }
    start(*options)
  end

  # Starts the process, after {#kill} again on the same port and with what it had stored; gives back when it answers.
  def start(*options)
    # A group of its own: a program may be one that only starts another.
    quiet = { in: File::NULL, %i[out err] => [log, "a"] }
    @pid = Process.spawn(@program, *command, *options, pgroup: true, chdir: @folder, **quiet)
    @waiter = Process.detach(@pid)
    wait_until("#{@program} on #{servers}", timeout: 30) do
      raise "#{@program} ended: #{File.read(log)}" unless @waiter.alive?

      answers?
    end
  end

  # Ends the process at once, as a crash would.
  def kill
    return unless @pid

    begin
      Process.kill(:KILL, -@pid)
    rescue Errno::ESRCH
      # It has ended already.
    end
    @waiter.join
    # The number may be another process's by the next call.
    @pid = nil
  end

  def close
    kill
    FileUtils.rm_rf(@folder)
  end

  # Puts a file into the broker's folder.
  # @return [String] its path
  def write(name, text)
    File.join(@folder, name).tap { |path| File.write(path, text) }
  end

  private

  def log
    File.join(@folder, "log")
  end

  def answers?
    TCPSocket.open("127.0.0.1", @port).close
    true
  rescue Errno::ECONNREFUSED
    false
  end
end
