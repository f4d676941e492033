# frozen_string_literal: true

# Owns what happens in `karafka console`: loads the application, runs IRB, and starts over for `reload!`. A process of
# its own, on its main thread. Messages on their way are delivered at its end, and before it starts over.
require "karafka_rs"
require "karafka/cli"
begin
  require "irb"
rescue LoadError
  abort "karafka: irb is not installed; install the gem irb, or add it to the Gemfile"
end

# Words for the prompt.
module ConsoleCommands
  class << self
    # @return [Boolean, nil] was the session left to start over?
    attr_accessor :reload
  end

  # Leaves the session for a new one that loads the application again.
  def reload!
    ConsoleCommands.reload = true
    throw :IRB_EXIT
  end
end

code = Karafka::Cli.start(["info"])
exit code unless code.zero?

ARGV.clear
IRB.setup(nil)
IRB.conf[:HISTORY_FILE] = Karafka.root.join(".irb-history").to_s
TOPLEVEL_BINDING.receiver.extend(ConsoleCommands)
IRB::Irb.new.run(IRB.conf)
exit unless ConsoleCommands.reload

Karafka::OpenProducers.finish
$stdout.flush
exec(*Karafka::Cli::Console::SESSION)
