# frozen_string_literal: true

require "spec_helper"
require_relative "support/rails_app"
require_relative "../external/support/nisshi"
require_relative "../external/support/topics"

# Puma with four forked workers and preload_app!, under load: each request produces one record, and each record of a
# request that was accepted is in its topic once. LOAD_SECONDS=60 is the long run; the default is 5. On nisshi when it
# is on PATH, else on the embedded broker, which keeps 5 MB of each partition.
RSpec.describe "Puma with four workers", if: ENV["PATH"].split(":").any? { |path| File.executable?("#{path}/wrk") } do
  seconds = Integer(ENV.fetch("LOAD_SECONDS", "5"))
  connections = 32
  partitions = 24

  # What each thread of wrk sends, and was told to be accepted, is in a file of its own.
  script = <<~LUA
    local threads = 0
    function setup(thread)
      thread:set("id", threads)
      threads = threads + 1
    end
    function init(args)
      sent = 0
      file = io.open(args[1] .. "/" .. id, "w")
      file:setvbuf("no")
      refused = io.open(args[1] .. "/refused-" .. id, "w")
      refused:setvbuf("no")
    end
    function request()
      sent = sent + 1
      return wrk.format("POST", "/events?number=" .. id .. "-" .. sent)
    end
    function response(status, headers, body)
      if status == 201 then
        file:write(body, "\\n")
      else
        refused:write(os.date("%X "), status, " ", body:gsub("%s+", " "):sub(1, 500), "\\n")
      end
    end
  LUA

  let(:folder) { Dir.mktmpdir("accepted") }

  after do
    FileUtils.rm_rf(folder)
    @nisshi&.close
  end

  # @return [String] address of a broker with the topic
  def servers_with(topic, partitions)
    return broker(topic => partitions).bootstrap_servers unless Nisshi.program

    @nisshi = Nisshi.new
    Topics.create(@nisshi.servers, topic, partitions)
    @nisshi.servers
  end

  def puma(servers)
    @app = app = rails_app(brokers: servers, frameworks: %w[action_controller], setup: "config.log_level = :warn")
    app.karafka("").routes('post "/events", to: "events#create"').write(
      "app/controllers/events_controller.rb" => <<~RUBY,
        class EventsController < ActionController::API
          def create
            Karafka.producer.produce_sync(topic: "events", payload: params.require(:number))
            render plain: params[:number], status: :created
          end
        end
      RUBY
      "config/puma.rb" => <<~RUBY
        workers 4
        threads 5, 5
        preload_app!
        bind "tcp://127.0.0.1:#{@port = app.free_port}"
      RUBY
    )
    app.start(:puma, "-C", "config/puma.rb", env: { "RAILS_ENV" => "production" }).tap do |puma|
      4.times { |number| puma.line(/Worker #{number} \(PID: \d+\) booted/, timeout: 60) }
    end
  end

  # @return [Children::Ended]
  def wrk(script, seconds, connections)
    file = File.join(folder, "script.lua").tap { |path| File.write(path, script) }
    command = ["wrk", "-t2", "-c#{connections}", "-d#{seconds}s", "--timeout", "20s", "--latency", "-s", file,
               "http://127.0.0.1:#{@port}", "--", folder]
    start_child(command).finish(timeout: seconds + 60)
  end

  # @return [Hash{String => Integer}] how often each payload is in the topic
  def all_in(topic, servers, partitions)
    setup_application { |config| config.kafka.seed_brokers = servers }
    all = Array.new(partitions) { |number| [topic, number] }
    places = Karafka::Native.positions({ "bootstrap.servers" => servers }, all, 10.0)
    expect(places.sum { |place| place[:low] }).to eq(0), "the broker has forgotten records: fewer seconds, or nisshi"
    expected = places.sum { |place| place[:high] }
    found = Queue.new
    consumer = controller { params_batch.raw_payloads.each { |payload| found << payload } }
    draw do
      topic(topic) do
        controller consumer
        batch_consuming true
      end
    end
    serving { wait_until("#{expected} records", timeout: 60) { found.size >= expected } }
    Array.new(found.size) { found.pop }.tally
  end

  it "has each record of an accepted request in the topic once" do
    servers = servers_with("events", partitions)
    server = puma(servers)
    load = wrk(script, seconds, connections)
    server.signal(:TERM)
    server.finish
    accepted = %w[0 1].flat_map { |thread| File.readlines(File.join(folder, thread), chomp: true) }
    records = all_in("events", servers, partitions)

    expect(accepted.size).to be > 100 * seconds
    failed = @app.lines("log/production.log").grep(/Error|Failed/).uniq.first(5)
    refused = %w[0 1].flat_map { |thread| File.readlines(File.join(folder, "refused-#{thread}"), chomp: true) }
    told = refused.first(5) + failed + server.lines.last(5) + server.err.lines.last(5)
    expect(load.out.grep(/Non-2xx|Socket errors/)).to eq([]), (load.out + told).join("\n")
    expect(failed).to eq([])
    expect(accepted.tally.values.uniq).to eq([1])
    expect(accepted.reject { |number| records[number] == 1 }).to eq([])
    # What wrk did not wait for when its time was over was accepted, too.
    expect(records.values.uniq).to eq([1])
    expect(records.size - accepted.size).to be_between(0, connections)
    rate = load.out.grep(%r{Requests/sec|  (50|99)%}).join(", ").squeeze(" ").strip
    RSpec.configuration.reporter.message("  #{accepted.size} accepted in #{seconds} s (#{rate})")
  end
end
