# frozen_string_literal: true

require_relative "server_process"

# Owns how nisshi is called: groups with static members, TLS, SCRAM, and storage that survives a crash.
class Nisshi < ServerProcess
  NAME = "nisshi"
  INSTALLED = "bin/nisshi"

  # @param durable [Boolean] keep everything in a file, which survives the process; else in memory
  # @param options [Array<String>] further ones of `nisshi broker`
  def initialize(*options, durable: false)
    # The file's path is taken as relative, whatever it starts with: the process runs in its folder.
    @storage = durable ? "sqlite://broker.db" : "memory://nisshi/"
    super(*options)
  end

  # Makes a user known; only a broker without --authentication lets us.
  # @param mechanism [String] "scram256" or "scram512"
  def create_user(name, password, mechanism)
    system(@program, "user", "create", "--broker", "tcp://#{servers}", "--mechanism", mechanism, name, password,
           exception: true, out: File::NULL)
  end

  private

  def command
    url = "tcp://#{servers}"
    ["broker", "--listener-url", url, "--advertised-listener-url", url, "--storage-engine", @storage,
     "--group-initial-rebalance-delay", "100ms"]
  end
end
