# frozen_string_literal: true

require "socket"
require "timeout"

# Owns creating topics with a chosen number of partitions and deleting them, in any cluster, over a connection of its
# own without TLS or SASL. Written out because no public call of the gem does it. Both requests are understood by every
# broker since Kafka 2.4, and each of them passes them on to the controller.
module Topics
  # Number and version of the requests.
  CREATE = [19, 4].freeze
  DELETE = [20, 1].freeze
  # Milliseconds that the cluster may take.
  PATIENCE = 10_000

  class << self
    # @param server [String] "host:port"
    # @return [void]
    def create(server, name, partitions)
      # One topic; replicas as few as can be; no assignments, no configuration; not only to be validated.
      request(server, CREATE, [1].pack("N") + string(name) + [partitions, 1, 0, 0, PATIENCE, 0].pack("NnNNNC"), name)
    end

    # @return [void]
    def delete(server, name)
      request(server, DELETE, [1].pack("N") + string(name) + [PATIENCE].pack("N"), name)
    end

    private

    # Both answer with correlation, throttle time and number of topics; then, for each, its name and an error code.
    def request(server, kind, body, name)
      answer = Timeout.timeout(PATIENCE / 1000) { ask(server, (kind + [1]).pack("nnN") + string("spec") + body) }
      code = answer.unpack1("@#{14 + name.bytesize}s>")
      raise "#{server} refuses request #{kind.first} for topic #{name}: Kafka's error code #{code}" unless code.zero?
    end

    def ask(server, request)
      host, _, port = server.delete_prefix("kafka://").rpartition(":")
      TCPSocket.open(host, port) do |socket|
        socket.write(string(request, "N"))
        socket.read(socket.read(4).unpack1("N"))
      end
    end

    def string(text, size = "n")
      [text.bytesize].pack(size) + text.b
    end
  end
end
