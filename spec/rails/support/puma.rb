# frozen_string_literal: true

# Loaded by `ruby -r` into each Puma of the specs, before it: lets the end of a process be the application's own doing.
# A signal tells Puma to stop by a byte in a pipe, whose other end a thread reads, and closes both. On Ruby 3.3 that
# thread may wait in IO#close for ever, when the byte was written inside of `trap` and by a method that waits for the
# pipe: 54 of 100 such pipes did on 3.3.8, without Puma and without this gem. By the method that does not wait none did.
# So what does not end here is a fault of the application. Must not load the gem, or the application.
require "puma"
require "puma/server"

# In front of Puma's own.
module PumaStop
  private

  # Runs inside of `trap`.
  def notify_safely(message)
    @notify.write_nonblock(message)
  rescue IOError, NoMethodError, SystemCallError
    # It is ending already.
    nil
  end
end

Puma::Server.prepend(PumaStop)
