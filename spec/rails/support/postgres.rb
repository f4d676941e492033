# frozen_string_literal: true

require "etc"
require "fileutils"
require "socket"
require "tmpdir"

# Owns one PostgreSQL server: a cluster of its own in a folder of its own, a socket there and a port on the loopback
# interface, its end. Not run as root, which PostgreSQL refuses. Used by one thread. Must not outlive this process.
class PostgresServer
  include Waiting

  # Where Debian has the programs; elsewhere they are on PATH.
  PROGRAMS = Dir["/usr/lib/postgresql/*/bin"].max_by { |path| path[/\d+/].to_i }
  USER = "shop"

  class << self
    # @return [PostgresServer] the one that all examples share; it ends with the process
    def shared
      @shared ||= new
    end

    # @return [String, nil] path of a program
    def program(name)
      folders = [PROGRAMS, *ENV.fetch("PATH", "").split(File::PATH_SEPARATOR)].compact
      folders.map { |folder| File.join(folder, name) }.find { |path| File.executable?(path) }
    end
  end

  # @return [Integer]
  attr_reader :port

  def initialize
    self.class.program("initdb") or raise "no PostgreSQL server here; install postgresql, bin/setup does"
    # Short: a socket's path has 107 bytes.
    @folder = Dir.mktmpdir("pg")
    @owner = Process.pid
    at_exit { close if Process.pid == @owner }
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    FileUtils.chown(account.uid, account.gid, @folder) if root?
    make_cluster
    start
  end

  # A new database.
  # @return [String] its URL
  def database
    name = "db#{@count = @count.to_i + 1}"
    system(self.class.program("createdb"), "-h", "127.0.0.1", "-p", port.to_s, "-U", USER, name, exception: true)
    "postgresql://#{USER}@127.0.0.1:#{port}/#{name}"
  end

  # @return [void]
  def close
    return unless @pid

    # Fast: connections are ended.
    Process.kill(:INT, @pid)
    @waiter.join(20) || Process.kill(:KILL, @pid)
    @waiter.join
    @pid = nil
    FileUtils.rm_rf(@folder)
  end

  private

  def make_cluster
    command = [self.class.program("initdb"), "-D", "#{@folder}/data", "-U", USER, "--auth=trust", "--no-locale", "-E",
               "UTF8", "--no-sync"]
    Process.wait(spawn_as_user(*command, out: log))
    raise "initdb failed: #{File.read(log)}" unless Process.last_status.success?
  end

  def start
    @pid = spawn_as_user(
      self.class.program("postgres"), "-D", "#{@folder}/data", "-p", port.to_s, "-k", @folder, "-h", "127.0.0.1",
      out: log
    )
    @waiter = Process.detach(@pid)
    ready = [self.class.program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", port.to_s, "-U", USER]
    wait_until("PostgreSQL on #{port}") do
      raise "it ended: #{File.read(log)}" unless @waiter.alive?

      system(*ready)
    end
  end

  # A program cannot be spawned as somebody else, but a fork can become somebody else.
  def spawn_as_user(*command, out:)
    return Process.spawn(*command, chdir: @folder, in: File::NULL, %i[out err] => [out, "a"]) unless root?

    change = "Process::GID.change_privilege(#{account.gid}); Process::UID.change_privilege(#{account.uid}); exec(*ARGV)"
    File.write(out, "", mode: "a")
    FileUtils.chown(account.uid, account.gid, out)
    Process.spawn(RbConfig.ruby, "-e", change, *command, chdir: @folder, in: File::NULL, %i[out err] => [out, "a"])
  end

  def log
    File.join(@folder, "log")
  end

  def root?
    Process.uid.zero?
  end

  def account
    @account ||= Etc.getpwnam("postgres")
  end
end
