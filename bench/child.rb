# frozen_string_literal: true

require "io/wait"
require "tempfile"

# Owns processes that a benchmark starts: each is given a time to end in, and ended by its id when it does not, or when
# the benchmark itself ends early. Each is a process group of its own: a program may be one that only starts another.
# Runs on the thread that calls; keeps nothing of a process that has ended.
module Child
  # A process did not do what it was started for; the message is one line.
  class Failed < StandardError; end

  RUNNING = []
  private_constant :RUNNING

  class << self
    # Runs a command to its end.
    # @param command [Array<String>]
    # @param limit [Numeric] seconds
    # @return [String] what it printed
    # @raise [Failed] with the last line that it said of it
    def run(*command, limit: 90)
      said = Tempfile.new("bench")
      output, pid = start(*command, err: said.path)
      text = +""
      deadline = now + limit
      until (part = read(output, deadline)).nil?
        text << part
      end
      status = finish(pid, deadline) or raise Failed, "#{command.first(4).join(" ")} did not end within #{limit} s"
      raise Failed, last_line(said) || "#{command.first(4).join(" ")} ended with #{status}" unless status.success?

      text
    ensure
      said&.close!
    end

    # Starts a command that runs until {stop_all}.
    # @return [String] the first line it prints
    def serve(*command, limit: 30)
      output, = start(*command)
      output.wait_readable(limit) && output.gets&.chomp or raise Failed, "#{command.first(4).join(" ")} did not start"
    end

    # Starts a command that says nothing, and runs until {stop_all}.
    # @yieldreturn [Boolean] is it ready?
    # @return [void]
    def serve_quietly(*command, limit: 30)
      start(*command, out: File::NULL, err: File::NULL)
      deadline = now + limit
      until yield
        raise Failed, "#{command.first(4).join(" ")} did not start" if now > deadline

        sleep 0.05
      end
    end

    # @return [void]
    def stop_all
      RUNNING.dup.each do |pid|
        signal(:TERM, pid)
        finish(pid, now + 10)
        # It, or what it started and is still there.
        signal(:KILL, pid)
        RUNNING.delete(pid)
      end
    end

    private

    def start(*command, **files)
      output, input = IO.pipe
      pid = Process.spawn(*command, pgroup: true, out: input, **files)
      input.close
      RUNNING << pid
      [output, pid]
    end

    # A part of the output; nil at its end, or when time is up.
    def read(output, deadline)
      output.read_nonblock(65_536)
    rescue IO::WaitReadable
      retry if output.wait_readable([deadline - now, 0].max)
    rescue EOFError
      nil
    end

    def finish(pid, deadline)
      waiter = Process.detach(pid)
      return unless waiter.join([deadline - now, 0].max)

      RUNNING.delete(pid)
      waiter.value
    end

    def signal(name, pid)
      Process.kill(name, -pid)
    rescue Errno::ESRCH
      # All of it has ended.
    end

    def last_line(said)
      File.read(said.path).lines.map(&:chomp).reject(&:empty?).last
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end

  at_exit { stop_all }
end
