# frozen_string_literal: true

require "logger"
require "karafka_rs"

# Runs the ruby blocks of one guide, in order, in this process, as one program. What the guide takes for granted is in a
# file beside this one that is named like the guide, and what is to be seen only afterwards in NAME_after.rb. A line
# that ends in `# => value` is compared with what it gives. Ends with 1 and a line of the guide when it is not so.
module Guide
  RESULT = /\A(\s*)(\S.*?)\s+# => (.+)\z/

  class << self
    attr_reader :results

    # @return [Array<Array(Integer, String)>] first line and text of each block
    def blocks(path)
      found = []
      File.foreach(path, encoding: "UTF-8").with_index(1) do |line, number|
        case line
        when "```ruby\n" then found << [number + 1, +""]
        when "```\n" then found << nil
        else found.last[1] << line if found.last
        end
      end
      found.compact
    end

    # @return [Integer] how many results were compared
    def run(path)
      @results = 0
      blocks(path).each { |line, code| TOPLEVEL_BINDING.eval(checked(code, path, line), path, line) }
      @results
    end

    # @return [Object] the value
    def show(value, expected, place)
      @results += 1
      return value if value.inspect == expected || value == TOPLEVEL_BINDING.eval(expected, place)

      abort "#{place}: the guide says #{expected}, it is #{value.inspect}"
    end

    private

    def checked(code, path, first)
      code.lines.each_with_index.map { |line, index|
        match = RESULT.match(line.chomp)
        next line unless match

        "#{match[1]}Guide.show((#{match[2]}), #{match[3].dump}, #{"#{path}:#{first + index}".dump})\n"
      }.join
    end
  end
end

# What the files beside this one use.
module GuideSteps
  # An application on an embedded broker, quick.
  def application(topics = {})
    broker = Karafka::EmbeddedBroker.start(topics: topics)
    Karafka::App.setup do |config|
      config.client_id = "shop"
      config.logger = Logger.new(IO::NULL)
      config.kafka.seed_brokers = ENV["KAFKA_BROKERS"] = broker.bootstrap_servers
      config.kafka.max_wait_time = 0.01
      config.kafka.pause_timeout = 0.05
    end
    at_exit { broker.close }
    broker
  end

  # Serves until the block gives something true.
  def serve(what)
    server = Thread.new { Karafka::Server.run }
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 20
    until yield
      abort "it did not come true: #{what}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
      sleep 0.005 # looks again until the block is content
    end
  ensure
    Karafka::App.stop!
    server.value
  end

  def expect_equal(expected, actual)
    abort "expected #{expected.inspect}, got #{actual.inspect}" unless expected == actual
  end
end

if $PROGRAM_NAME == __FILE__
  extend GuideSteps

  path = ARGV.fetch(0)
  beside = File.join(__dir__, File.basename(path, ".md"))
  load "#{beside}.rb" if File.exist?("#{beside}.rb")
  Guide.run(path)
  load "#{beside}_after.rb" if File.exist?("#{beside}_after.rb")
  puts "results: #{Guide.results}"
end
