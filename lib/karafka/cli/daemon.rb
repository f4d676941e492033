# frozen_string_literal: true

# Owns going into the background. The process forks before the application is loaded, so before anything native is
# there that a child could not use; the caller's process waits until the application runs, so that what is wrong with it
# is seen in the terminal and in the exit code.
module Karafka
  class Cli
    # @api private
    module Daemon
      class << self
        # Forks. The caller's process ends here; the code that follows runs in the background.
        # @return [#call] to be called when all is well: it lets the caller's process end, and the terminal go
        def start
          told, tell = IO.pipe
          child = fork
          if child
            tell.close
            exit(await(told, child))
          end
          told.close
          # The folder stays, and for now the terminal.
          ::Process.daemon(true, true)
          tell.puts(::Process.pid)
          -> { detach(tell) }
        end

        private

        # @return [Boolean] did it come up?
        def await(told, child)
          # It only forks once more.
          ::Process.wait(child)
          pid = told.gets
          told.gets == "up\n"
        rescue Interrupt
          # A terminal's Ctrl-C does not reach what has left it.
          ::Process.kill("TERM", pid.to_i) if pid
          raise
        end

        def detach(tell)
          $stdin.reopen(File::NULL)
          [$stdout, $stderr].each { |stream| stream.reopen(File::NULL, "w").sync = true }
          tell.puts("up")
          tell.close
        end
      end
    end
  end
end
