# frozen_string_literal: true

require "socket"
require "timeout"

# Owns creating a topic with a chosen number of partitions in any cluster, over a connection of its own without TLS or
# SASL. Written out because no public call of the gem creates topics; version 4 of the request is understood by every
# broker since Kafka 2.4, and each of them passes it on to the controller.
module CreateTopics
  API_KEY = 19
  VERSION = 4
  # Milliseconds that the cluster may take.
  PATIENCE = 10_000

  class << self
    # @param server [String] "host:port"
    # @return [void]
    def call(server, name, partitions)
      code, text = Timeout.timeout(PATIENCE / 1000) { answer(ask(server, request(name, partitions))) }
      raise "#{server} did not create #{name} with #{partitions} partitions: error #{code} #{text}" unless code.zero?
    end

    private

    def request(name, partitions)
      header = [API_KEY, VERSION, 1].pack("nnN") + string("spec")
      # One topic; replicas as few as can be; no assignments, no configuration; not only to be validated.
      header + [1].pack("N") + string(name) + [partitions, 1, 0, 0].pack("NnNN") + [PATIENCE, 0].pack("NC")
    end

    def ask(server, request)
      host, _, port = server.delete_prefix("kafka://").rpartition(":")
      TCPSocket.open(host, port) do |socket|
        socket.write(string(request, "N"))
        socket.read(socket.read(4).unpack1("N"))
      end
    end

    # Correlation, throttle time, number of topics, name, error code, error text.
    def answer(bytes)
      name_size = bytes.unpack1("@12n")
      code, text_size = bytes.unpack("@#{14 + name_size}s>s>")
      [code, text_size.positive? ? bytes[18 + name_size, text_size] : ""]
    end

    def string(text, size = "n")
      [text.bytesize].pack(size) + text.b
    end
  end
end
