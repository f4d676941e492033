# frozen_string_literal: true

# Owns waiting for something that happens on another thread or in another process. The only place of the specs that
# sleeps, and never as a guess: a condition is looked at until it holds or time is up.
module Waiting
  # @param timeout [Numeric] seconds
  # @return [Object] what the block gave
  def wait_until(what = "the condition", timeout: 20)
    deadline = now + timeout
    loop do
      result = yield
      return result if result
      raise "#{what} did not come true within #{timeout} s" if now > deadline

      sleep 0.005
    end
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
