# frozen_string_literal: true

require "socket"

# Owns who asks a server's endpoint again and again, as Prometheus would, only more often. A process of its own, so that
# what asking costs is not counted in consume.rb, which starts it. Ends when its input does, and prints how often it
# asked; an answer that is not 200 is an error.
#
#   ruby bench/scrape.rb HOST:PORT TIMES_A_SECOND

address, rate = ARGV
host, port = address.split(":")
pause = 1.0 / Integer(rate)
asked = 0

loop do
  %w[/metrics /status].each do |path|
    answer = Socket.tcp(host, port, connect_timeout: 5) do |socket|
      socket.write("GET #{path} HTTP/1.1\r\nHost: #{host}\r\nConnection: close\r\n\r\n")
      socket.read
    end
    abort "scrape: #{path} answered #{answer.lines.first.inspect}" unless answer.start_with?("HTTP/1.1 200 ")
    asked += 1
  end
  break if $stdin.wait_readable(pause)
end
puts asked
