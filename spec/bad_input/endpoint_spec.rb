# frozen_string_literal: true

require "json"
require "socket"

# Owns the proof that a wrong address is refused early and in one line, and that hostile clients cost the endpoint
# little and consumption nothing.
RSpec.describe "The HTTP endpoint, misused" do
  include Asking

  # Clients that are served at the same time.
  places = 256
  let(:log) { Queue.new }
  let(:port) { Addrinfo.tcp("127.0.0.1", 0).bind { |socket| socket.local_address.ip_port } }
  let(:endpoint) { "127.0.0.1:#{port}" }

  def refusal(bind, **more)
    setup_application do |config|
      config.http.bind = bind
      more.each { |name, value| config.http.public_send(:"#{name}=", value) }
    end
    draw_topic(controller(log) { log << 1 })
    nil
  rescue Karafka::Errors::InvalidConfiguration => e
    e.message
  ensure
    reset_application
    @broker = nil
  end

  def at_work
    broker("t" => 1)
    setup_application { |config| config.http.bind = "127.0.0.1:#{port}" }
    draw_topic(controller(log) { params_batch.each { |params| log << params.raw_payload } })
    serving do
      wait_until("it is ready") { code("/ready") == "200" }
      yield
    end
  end

  def code(path)
    get(path, seconds: 20).code
  end

  def raw(text)
    TCPSocket.open("127.0.0.1", port) do |socket|
      socket.write(text)
      socket.close_write
      socket.read
    end
  rescue SystemCallError
    ""
  end

  def expect_consumption
    producer = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    before = log.size
    100.times { |number| producer.produce_async(topic: "t", payload: number.to_s) }
    wait_until("all are consumed") { log.size == before + 100 }
  ensure
    producer.close
  end

  it "refuses what is no address, in one line" do
    ["9394", ":9394", "127.0.0.1", "127.0.0.1:99999", "http://127.0.0.1:9394", "127.0.0.1:9394 ", 9394, "\xFF:1", "",
     "::1:9394", "a b:1"].each do |bind|
      expect(refusal(bind)).to match(/\Ainvalid settings: http\.bind is .* must be a host and a port, or nil; .*\z/m)
    end
    expect(refusal(nil, public: "yes")).to include('http.public is "yes" but must be true or false')
  end

  it "refuses an address that others can reach, unless that is said" do
    ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0"].each do |bind|
      expect(refusal(bind)).to include("http.bind is #{bind.inspect}", "can be reached from other machines",
                                       "http.public")
    end
    ["127.0.0.1:0", "127.0.0.2:0", "[::1]:0", "localhost:0"].each do |bind|
      expect(refusal(bind)).to be_nil
    end
    expect(refusal("0.0.0.0:0", public: true)).to be_nil
  end

  it "says that a port is taken, before any group is joined" do
    broker("t" => 1)
    TCPServer.open("127.0.0.1", port) do
      setup_application { |config| config.http.bind = "127.0.0.1:#{port}" }
      draw_topic(controller(log) { log << 1 })
      assigned = hear("partitions.assigned")
      expect { Karafka::Server.run }.to raise_error(Karafka::Errors::InvalidConfiguration, /
        \Ahttp\.bind\ is\ "127\.0\.0\.1:#{port}":\ Address\ already\ in\ use.*;\ give\ an\ address\ of\ this\ machine
      /x)
      expect(assigned).to be_empty
    end
  end

  it "answers malformed requests with a refusal or not at all" do
    at_work do
      expect(raw("nonsense\r\n\r\n")).to match(%r{\AHTTP/1.1 400|\A\z})
      expect(raw("GET /live HTTP/1.1\r\n#{"X: y\r\n" * 500}\r\n")).to match(%r{\AHTTP/1.1 (4|200)|\A\z})
      expect(raw("GET /#{"a" * 100_000} HTTP/1.1\r\n\r\n")).to match(%r{\AHTTP/1.1 4|\A\z})
      expect(raw("POST /live HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")).to start_with("HTTP/1.1 405")
      expect(raw("GET /../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).to match(%r{\AHTTP/1.1 404})
      expect(raw("\x16\x03\x01\x00\xa5#{"\0" * 200}")).to match(/\A(HTTP|\z)/)
      expect(raw("")).to eq("")
      head = raw("HEAD /live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      expect(head).to match(%r{\AHTTP/1.1 200 OK.*\r\n\r\n\z}m)
      expect(code("/live")).to eq("200")
      expect_consumption
    end
  end

  it "lets clients that say nothing wait no longer than they may, while others are answered and records consumed" do
    at_work do
      slow = Array.new(places + 20) { TCPSocket.new("127.0.0.1", port) }
      slow.each_with_index { |socket, index| socket.write("GET /st") if index.even? }
      expect_consumption
      # More than there are places: the next is served when their time is up.
      expect(code("/live")).to eq("200")
      expect(slow.first(places).map { |socket| socket.read.to_s }).to all(match(%r{\A\z|\AHTTP/1.1 408}))
    ensure
      slow&.each(&:close)
    end
  end

  it "answers a thousand scrapes at the same time, and consumption goes on" do
    at_work do
      sockets = Array.new(1000) do
        TCPSocket.new("127.0.0.1", port).tap do |socket|
          socket.write("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        end
      end
      expect_consumption
      expect(sockets.map { |socket| socket.read.lines.first }).to all(eq("HTTP/1.1 200 OK\r\n"))
    ensure
      sockets&.each(&:close)
    end
  end

  it "can be started and stopped many times" do
    broker("t" => 1)
    setup_application { |config| config.http.bind = "127.0.0.1:#{port}" }
    draw_topic(controller(log) { log << 1 })
    files = -> { Dir.children("/proc/self/fd").size }
    inbox = Karafka::Native::Inbox.new
    registry = Karafka::Native::ProducerRegistry.new
    open_and_close = -> { Karafka::Native::Endpoint.new(inbox, registry, { bind: "127.0.0.1:#{port}" }).close(5) }
    open_and_close.call
    before = files.call
    expect(Array.new(50) { open_and_close.call }).to all(be(true))
    # Each has three; what other examples have left may go meanwhile.
    expect(files.call).to be < before + 25
  end
end
