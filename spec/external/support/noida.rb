# frozen_string_literal: true

require_relative "server_process"

# Owns how noida-db is called: it answers a fetch outside of what is stored as Kafka does, which nisshi does not.
class Noida < ServerProcess
  NAME = "noida-db"
  INSTALLED = "noida/bin/noida-db"

  private

  def command
    ["start", "--only", "kafka", "--host", "127.0.0.1", "--kafka-port", @port.to_s, "--data-dir", "data"]
  end
end
