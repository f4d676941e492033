# frozen_string_literal: true

require "socket"

# Owns a TCP proxy before an embedded broker of one node: what clients and broker say to each other can be looked at,
# changed or held back, frame by frame. The addresses in the broker's answers become the proxy's, so that clients stay.
class Proxy
  # Kafka's numbers of the requests that examples look at.
  APIS = { 0 => :produce, 1 => :fetch, 3 => :metadata, 9 => :offset_fetch }.freeze

  # @return [String]
  attr_reader :address

  # @param target [String] "host:port"
  # @yieldparam direction [Symbol] :request or :response
  # @yieldparam api [Symbol, nil] see {APIS}
  # @yieldparam frame [String] without its length; a response begins with the correlation number
  # @yieldreturn [String, nil] what is passed on; nil closes the connection instead
  def initialize(target, &meddle)
    @host, @port = target.split(":")
    @meddle = meddle
    @server = TCPServer.new("127.0.0.1", 0)
    @address = "127.0.0.1:#{@server.addr[1]}"
    @sockets = Queue.new
    @threads = Queue.new
    @threads << Thread.new { accept }
  end

  def close
    @server.close
    @sockets.pop.close until @sockets.empty?
    @threads.pop.join(5) until @threads.empty?
  end

  private

  def accept
    loop do
      client = @server.accept
      broker = TCPSocket.new(@host, @port)
      [client, broker].each { |socket| @sockets << socket }
      apis = {}
      @threads << Thread.new { pass(client, broker) { |frame| request(frame, apis) } }
      @threads << Thread.new { pass(broker, client) { |frame| response(frame, apis) } }
    end
  rescue IOError, SystemCallError
    nil
  end

  def pass(from, to)
    while (head = from.read(4))
      frame = yield(from.read(head.unpack1("N")))
      break unless frame

      to.write([frame.bytesize].pack("N"), frame)
    end
  rescue IOError, SystemCallError, NoMethodError
    nil
  ensure
    [from, to].each(&:close)
  end

  def request(frame, apis)
    api = APIS[frame.unpack1("n")]
    apis[frame[4, 4]] = api
    @meddle.call(:request, api, frame)
  end

  def response(frame, apis)
    here = ["127.0.0.1", [@server.addr[1]].pack("N")].join.b
    frame = frame.gsub("127.0.0.1#{[@port.to_i].pack("N")}".b, here)
    @meddle.call(:response, apis.delete(frame[0, 4]), frame)
  end
end
