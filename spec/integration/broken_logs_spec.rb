# frozen_string_literal: true

require "spec_helper"
require "stringio"
require "tmpdir"

# Owns the proof that a log which fails, is full, is gone or is slow keeps no message from being consumed.
RSpec.describe "A log that cannot be written" do
  let(:log) { Queue.new }

  def publish(*payloads, partition: 0)
    @producer ||= Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    @producer.produce_many_sync(payloads.map { |payload| { topic: "t", payload: payload, partition: partition } })
  end

  # A logger that does this whenever it is to write.
  def logger_that(&block)
    Class.new(Logger) { %i[add <<].each { |name| define_method(name) { |*| block.call } } }.new(IO::NULL)
  end

  # Ruby's Logger says there that it cannot write.
  around do |example|
    errors, $stderr = $stderr, StringIO.new
    example.run
  ensure
    $stderr = errors
  end

  after { @producer&.close }

  closed = lambda do
    reader, writer = IO.pipe
    reader.close
    Logger.new(writer)
  end

  {
    "raises" => -> { logger_that { raise IOError, "no log" } },
    "raises what is no StandardError" => -> { logger_that { raise NotImplementedError } },
    "has no lines" => -> { Class.new { def info(*) = raise("no") and alias_method(:error, :info) }.new },
    "is on a full disk" => -> { Logger.new("/dev/full") },
    "was closed" => -> { Logger.new(StringIO.new).tap(&:close) },
    "nobody reads any more" => closed
  }.each do |what, make|
    %i[text json hash].each do |format|
      it "because it #{what} (#{format}) keeps no message away, and no failure from being tried again" do
        broker("t" => 1)
        logger = instance_exec(&make)
        setup_application do |config|
          config.logger = logger
          config.log.format = format
        end
        draw_topic(controller(log) do
          raise "no" if attempt == 1

          params_batch.each { |params| log << params.raw_payload }
        end)
        publish("1")
        told = hear("worker.failed")
        serving do
          wait_until("the first") { log.size == 1 }
          publish("2")
          wait_until("the second") { log.size == 2 }
        end
        expect([@stopped_clean, told.size, log.pop, log.pop]).to eq([true, 2, "1", "2"])
      end
    end
  end

  it "because it is slow holds up only those who have something to tell" do
    broker("t" => 2)
    slow = logger_that { sleep(0.2) } # a device that is slow
    setup_application { |config| config.logger = slow }
    release = false
    draw_topic(controller(log) do
      raise "no" if partition.zero? && !release

      params_batch.each { |params| log << [partition, params.offset] }
    end)
    publish("fails")
    failed = hear("worker.failed")
    serving do
      wait_until("it fails") { failed.size > 1 }
      before = failed.size
      20.times do |number|
        publish(number.to_s, partition: 1)
        wait_until("message #{number}") { log.size == number + 1 }
      end
      expect(failed.size - before).to be < 20
      release = true
      wait_until("the other one") { log.size == 21 }
    end
    expect(@stopped_clean).to be true
  end

  it "because it blocks holds up only those who have something to tell" do
    broker("t" => 2)
    held = Queue.new
    blocked = Queue.new
    blocking = logger_that do
      next unless Thread.current.name.to_s.start_with?("karafka-worker")

      blocked << true
      held.pop
    end
    blocking.level = Logger::INFO
    setup_application { |config| config.logger = blocking }
    draw_topic(controller(log) do
      raise "no" if partition.zero? && attempt == 1

      params_batch.each { |params| log << [partition, params.offset] }
    end)
    publish("fails")
    serving do
      wait_until("it tells") { blocked.size == 1 }
      20.times do |number|
        publish(number.to_s, partition: 1)
        wait_until("message #{number}") { log.size == number + 1 }
      end
      held.close
      wait_until("the other one") { log.size == 21 }
    end
    expect([@stopped_clean, blocked.size]).to eq([true, 1])
  end

  # As a service whose disk is full: its output, its errors, and its log file.
  [["> /dev/full 2> /dev/full", "on full disks"], [">&- 2>&-", "without any output"]].each do |to, where|
    it "#{where}, keeps no server from starting, consuming and stopping" do
      broker("t" => 1)
      Dir.mktmpdir do |root|
        FileUtils.mkdir_p("#{root}/log")
        File.symlink("/dev/full", "#{root}/log/development.log")
        boot = script_file(<<~RUBY)
          Karafka.root = #{root.dump}
          Karafka.env = "development"
          application { |config| config.logger = Karafka::Logger.instance }
          routes do
            topic(:t) do
              controller(Class.new(Karafka::BaseController) do
                def consume
                  raise "no" if attempt == 1

                  File.write(#{"#{root}/done".dump}, params_batch.last.raw_payload, mode: "a")
                end
              end)
            end
          end
        RUBY
        command = [*Children::RUBY, Children::EXECUTABLE, "server"].map { |word| word.dump }.join(" ")
        server = start_child(["sh", "-c", "exec #{command} #{to}"], env: brokers.merge("KARAFKA_BOOT_FILE" => boot))
        publish("1")
        wait_until("the message") { File.exist?("#{root}/done") && File.read("#{root}/done") == "1" }
        server.signal("TERM")
        expect(server.finish.code).to eq 0
      end
    end
  end
end
