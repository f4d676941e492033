# frozen_string_literal: true

# Owns the processes of bin/dev and bin/setup: none outlives the script.
class Processes
  # Seconds that a process gets to end by itself.
  PATIENCE = 20

  # @yieldparam processes [Processes]
  def self.run
    Dir.chdir(File.expand_path("..", __dir__))
    $stdout.sync = true
    trap("TERM") { raise Interrupt }
    processes = new
    yield processes
  rescue Interrupt
    # Asked to end.
  ensure
    %w[INT TERM].each { |name| trap(name, "IGNORE") }
    processes&.stop
  end

  def initialize
    @pids = []
  end

  def start(*command, **how)
    # A group of its own: Ctrl-C reaches them through us, in order.
    Process.spawn(*command, pgroup: true, **how).tap { |pid| @pids << pid }
  end

  def finish(*command)
    system(*command) || abort("#{command.join(" ")} failed")
  end

  # Starts what goes on running when it has said where.
  def first_line(*command)
    reader, writer = IO.pipe
    start(*command, out: writer)
    writer.close
    reader.gets&.chomp || abort("#{command.join(" ")} failed")
  end

  def postgres
    start("bin/postgres", %i[out err] => "log/postgres.log")
    port = ENV.fetch("POSTGRES_PORT", "5433")
    ready = Dir["/usr/lib/postgresql/*/bin/pg_isready"].max || "pg_isready"
    100.times { system(ready, "-q", "-h", "127.0.0.1", "-p", port) ? return : sleep(0.1) }
    abort "PostgreSQL does not answer on port #{port}; see log/postgres.log"
  end

  # Until one of them ends.
  def wait
    ended = Process.wait
    @pids.delete(ended)
  end

  # The last one first: the broker and the database go when nobody needs them any more.
  def stop
    @pids.reverse_each do |pid|
      Process.kill(:INT, pid)
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + PATIENCE
      until Process.wait(pid, Process::WNOHANG)
        sleep 0.05
        Process.kill(:KILL, pid) if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
      end
    rescue Errno::ESRCH, Errno::ECHILD
      # It has ended.
    end
  end
end
