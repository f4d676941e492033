# frozen_string_literal: true

require "net/http"

# Owns the proof that a server tells what Ruby's lock and collector take, and what the system says of the process.
RSpec.describe "Metrics of the process" do
  let(:listening) { hear("http.listening") }

  def metrics
    wait_until("it listens") { listening.any? }
    body = Net::HTTP.get(URI("http://#{listening.first[:address]}/metrics"))
    body.lines(chomp: true).grep_v(/\A#/).to_h { |line| line.split(/ (?=[^ ]+\z)/) }.transform_values(&:to_f)
  end

  def seconds(name)
    metrics.fetch("karafka_process_#{name}_seconds_total")
  end

  def serve(log)
    broker("t" => 1)
    listening
    setup_application do |config|
      config.http.bind = "127.0.0.1:0"
      config.concurrency = 2
    end
    draw_topic(controller(log) { log << params_batch.size })
    serving { yield Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers) }
  end

  def consume_one(producer, log)
    producer.produce_sync(topic: "t", payload: "1")
    wait_until("it was consumed") { log.pop(true) unless log.empty? }
  end

  it "tell how long workers that had a job waited for Ruby's lock" do
    log = Queue.new
    done = false
    serve(log) do |producer|
      consume_one(producer, log)
      before = seconds("gvl_wait")
      busy = Thread.new { nil until done }
      # Each job comes while a thread computes, which gives the lock away ten times a second.
      wait_until("it was noticed") do
        consume_one(producer, log)
        seconds("gvl_wait") > before + 0.02
      end
    ensure
      done = true
      busy&.join
      producer.close
    end
  end

  it "tell how often and how long the collector ran" do
    log = Queue.new
    serve(log) do |producer|
      consume_one(producer, log)
      runs, time = GC.count, GC.stat(:time)
      10.times { GC.start }
      consume_one(producer, log)
      told = metrics
      expect(told.fetch("karafka_process_gc_runs_total")).to be_between(runs + 10, GC.count)
      # In milliseconds, as Ruby counts them.
      milliseconds = (told.fetch("karafka_process_gc_seconds_total") * 1_000).round
      expect(milliseconds).to be_between(time, GC.stat(:time))
      expect(GC.stat(:time)).to be > time
    ensure
      producer.close
    end
  end

  it "tell what the system says of it", if: RUBY_PLATFORM.include?("linux") do
    serve(Queue.new) do |producer|
      told = metrics
      expect(told).to include("process_cpu_seconds_total", "process_open_fds", "process_start_time_seconds")
      expect(told.fetch("process_resident_memory_bytes")).to be > 1_000_000
      expect(told.fetch("process_threads")).to be > 3
    ensure
      producer.close
    end
  end
end
