# frozen_string_literal: true

# Owns one process that the soak started, and that it does not outlive it. Used by one thread.
class ChildProcess
  # Seconds between TERM and KILL.
  PATIENCE = 60

  class << self
    # @return [void]
    def end_all
      running.dup.each(&:stop)
    end

    # @api private
    def running
      @running ||= []
    end
  end

  # @param command [Array<String>]
  # @param options [Hash] see Process.spawn
  def initialize(*command, **options)
    @pid = Process.spawn(*command, in: File::NULL, **options)
    @waiter = Process.detach(@pid)
    self.class.running << self
  end

  # @return [Boolean]
  def alive?
    @waiter.alive?
  end

  # Ends it, gracefully if it does as it is told.
  # @return [Process::Status]
  def stop
    Process.kill(:TERM, @pid) if alive?
    Process.kill(:KILL, @pid) unless @waiter.join(PATIENCE)
    @waiter.value
  ensure
    self.class.running.delete(self)
  end
end

at_exit { ChildProcess.end_all }
