# frozen_string_literal: true

require "io/wait"

# Owns processes that a benchmark starts: each is given a time to end in, and ended by its id when it does not, or when
# the benchmark itself ends early. Runs on the thread that calls; keeps nothing of a process that has ended.
module Child
  RUNNING = []
  private_constant :RUNNING

  class << self
    # Runs a command to its end.
    # @param command [Array<String>]
    # @param limit [Numeric] seconds
    # @return [String] what it printed
    def run(*command, limit: 90)
      output, pid = start(*command)
      text = +""
      deadline = now + limit
      until (part = read(output, deadline)).nil?
        text << part
      end
      status = finish(pid, deadline) or abort "bench: #{command.join(" ")} did not end within #{limit} s"
      abort "bench: #{command.join(" ")} failed (#{status})" unless status.success?
      text
    end

    # Starts a command that runs until {stop_all}.
    # @return [String] the first line it prints
    def serve(*command, limit: 30)
      output, = start(*command)
      output.wait_readable(limit) && output.gets&.chomp or abort "bench: #{command.join(" ")} did not start"
    end

    # @return [void]
    def stop_all
      RUNNING.dup.each do |pid|
        Process.kill(:TERM, pid)
        finish(pid, now + 10) || end_hard(pid)
      end
    end

    private

    def start(*command)
      output, input = IO.pipe
      pid = Process.spawn(*command, out: input)
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

    def end_hard(pid)
      Process.kill(:KILL, pid)
      RUNNING.delete(pid)
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end

  at_exit { stop_all }
end
