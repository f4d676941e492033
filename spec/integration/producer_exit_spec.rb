# frozen_string_literal: true

# Owns the proof that the end of a process delivers what is on its way or tells each record that it could not, within
# the documented time, however the process ends, and that forked children keep to what is theirs.
RSpec.describe "Producing at the end of a process" do
  # Seconds beside the documented ones: Ruby's start, telling, two busy processors.
  let(:slack) { 8 }
  let(:bound) { Karafka::Producer::CLOSE_TIMEOUT + slack }

  # Prints what the monitor is told; sends without waiting, by the default producers and by one of its own.
  let(:sends) { <<~RUBY }
    application
    routes { topic(:t) { controller Karafka::BaseController } }
    Karafka.monitor.subscribe("producer.delivery_failed") { |event| puts "failed \#{event[:payload]} \#{event[:code]}" }
    Karafka.monitor.subscribe("producer.left_at_close") { |event| puts "left \#{event[:count]}" }
    200.times { |number| WaterDrop::AsyncProducer.call("default \#{number}", topic: "t") }
    own = Karafka::Producer.new("bootstrap.servers" => ENV.fetch("BROKERS"))
    200.times { |number| own.produce_async(topic: "t", payload: "own \#{number}", handle: number.odd?) }
    puts "sent"
  RUBY

  let(:payloads) { %w[default own].flat_map { |kind| Array.new(200) { |number| "#{kind} #{number}" } } }

  # How a script ends => its exit status, nil for a signal.
  endings = {
    "the end of the script" => ["", 0], "exit" => ["exit 4", 4], "an exception" => ["raise \"boom\"", 1],
    "SIGTERM" => ["Process.kill(:TERM, Process.pid); sleep # until it comes", "TERM"],
    "exit in a thread" => ["Thread.new { exit 5 }.join; sleep # until then", 5]
  }

  def logged(count)
    log = Queue.new
    consumer = controller(log) { params_batch.raw_payloads.each { |payload| log << payload } }
    setup_application
    draw_topic(consumer)
    serving { wait_until("#{count} records (#{log.size})") { log.size >= count } }
    Array.new(log.size) { log.pop }
  end

  def ended_in_time(processes, seconds)
    begun = now
    processes.map { |process| process.finish(timeout: seconds) }.tap { expect(now - begun).to be < seconds }
  end

  it "delivers everything when the broker is there, however it ends" do
    broker("t" => 1)
    children = endings.each_value.map { |script, _| child("#{sends}\n#{script}") }
    ended = ended_in_time(children, slack)
    expect(ended.map(&:code)).to eq(endings.values.map(&:last))
    expect(ended.map(&:out)).to all(eq(["sent"]))
    expect(logged(400 * endings.size).tally).to eq(payloads.to_h { |payload| [payload, endings.size] })
  end

  it "delivers what a producer has taken that the application forgot, and after there was a Ractor" do
    broker("t" => 1)
    forgets = <<~RUBY
      def forget
        producer = Karafka::Producer.new("bootstrap.servers" => ENV.fetch("BROKERS"), "linger.ms" => "2000")
        producer.produce_async(topic: "t", payload: "forgotten", handle: false)
        nil
      end
      Thread.new { forget }.join
      3.times { GC.start }
    RUBY
    ractor = <<~RUBY
      $VERBOSE = nil # Ractors are an experiment
      Ractor.new { 1 }.take
      Karafka::Producer.new("bootstrap.servers" => ENV.fetch("BROKERS")).produce_async(topic: "t", payload: "after")
    RUBY
    ended = ended_in_time([child(forgets), child(ractor)], slack)
    expect(ended.map { |process| [process.code, process.err] }).to all(eq([0, ""]))
    expect(logged(2)).to match_array(%w[forgotten after])
  end

  # Threads that wait for a delivery, at the end of a script and of a server.
  let(:waits) { <<~RUBY }
    application { |config| config.shutdown_timeout = 5 }
    routes { topic(:t) { controller Karafka::BaseController } }
    Karafka.monitor.subscribe("producer.delivery_failed") { |event| puts "failed \#{event[:payload]}" }
    threads = Array.new(3) do |number|
      Thread.new do
        WaterDrop::SyncProducer.call("sync \#{number}", topic: "t")
      rescue Karafka::Errors::DeliveryFailed => error
        puts "raised \#{number} \#{error.code}"
      end
    end
    Thread.pass until Karafka.producer.queue_size == 3
    WaterDrop::AsyncProducer.call("async", topic: "t")
  RUBY
  let(:server) { <<~RUBY }
    Karafka.monitor.subscribe("app.running") { puts "running" }
    Karafka::Server.run
    threads.each(&:join)
    exit 3
  RUBY

  def told(ended)
    ended.out.filter_map { |line| line[/\Afailed (.*) _PURGE_QUEUE\z/, 1] }
  end

  it "tells each record when no broker is there, within the documented time, however it ends and whoever waits" do
    start = ->(script) { child(script, env: { "BROKERS" => "127.0.0.1:1" }) }
    all = endings.each_value.map { |script, _| start.call("#{sends}\n#{script}") }
    waiting = start.call("#{waits}\nexit 3")
    serving = start.call("#{waits}\n#{server}")
    quiet = start.call("#{sends}\nexit! 6")
    serving.line("running")
    serving.signal(:TERM)
    ended = ended_in_time([*all, waiting, serving], bound)

    expect(ended.map(&:code)).to eq([*endings.values.map(&:last), 3, 3])
    ended.first(endings.size).each { |process| expect(told(process)).to match_array(payloads) }
    expect(ended.first(endings.size).map { |process| process.out.grep(/left/) }).to all(eq(["left 200"] * 2))
    expect(ended.last(2).map { |process| process.out.grep(/failed/) }).to all(eq(["failed async"]))
    expect(ended.last.out.grep(/raised/)).to match_array((0..2).map { |number| "raised #{number} _PURGE_QUEUE" })
    # `exit!` runs nothing, as Ruby documents it.
    expect([quiet.finish.code, quiet.finish.out]).to eq([6, ["sent"]])
  end

  it "tells each record at once when a second signal hurries it" do
    hurried = child("#{sends}\nat_exit { puts \"ending\" }\nexit", env: { "BROKERS" => "127.0.0.1:1" })
    hurried.line("ending")
    begun = now
    hurried.signal(:TERM)
    expect(told(hurried.finish(timeout: slack))).to match_array(payloads)
    expect(now - begun).to be < slack
  end

  it "sends what blocks at the very end produce" do
    broker("t" => 1)
    ended = run_child(<<~RUBY)
      at_exit { WaterDrop::AsyncProducer.call("late", topic: "t") }
      application
      routes { topic(:t) { controller Karafka::BaseController } }
      WaterDrop::SyncProducer.call("early", topic: "t")
    RUBY
    expect([ended.code, ended.err]).to eq([0, ""])
    expect(logged(2)).to eq(%w[early late])
  end

  it "leaves a parent's deliveries to the parent, and refuses the parent's own producer in the child with advice" do
    broker("t" => 1)
    process = child(<<~RUBY)
      application
      routes { topic(:t) { controller Karafka::BaseController } }
      WaterDrop.config.kafka.delivery_interval = 0.5
      failed = 0
      Karafka.monitor.subscribe("producer.delivery_failed") { failed += 1 }
      own = Karafka::Producer.new("bootstrap.servers" => ENV.fetch("BROKERS"), "linger.ms" => "500")
      # Connected first: a fork while another thread looks a name up leaves the C library's look-up locked in the child.
      [own, WaterDrop::Producers.async].each { |producer| producer.produce_sync(topic: "t", payload: "first") }
      own.produce_async(topic: "t", payload: "own parent")
      100.times { |number| WaterDrop::AsyncProducer.call("parent \#{number}", topic: "t") }
      pid = fork do
        %i[flush close queue_size closed?].push(:produce_sync).each do |call|
          call == :produce_sync ? own.produce_sync(topic: "t", payload: "x") : own.public_send(call)
        rescue Karafka::Errors::ForkError => error
          puts "\#{call}: \#{error.message}"
        end
        WaterDrop::SyncProducer.call("child sync", topic: "t")
        10.times { |number| WaterDrop::AsyncProducer.call("child \#{number}", topic: "t") }
      end
      Process.wait(pid)
      puts "child \#{$?.exitstatus}"
      puts "pending \#{WaterDrop::Producers.async.queue_size} \#{own.queue_size}"
      puts "left \#{WaterDrop::Producers.async.flush(10)} \#{own.flush(10)} failed \#{failed}"
    RUBY
    ended = process.finish
    expect([ended.code, ended.err]).to eq([0, ""])
    refusal = "this producer was made before fork and belongs to the parent process: make a new one in the child"
    refused = %w[flush close queue_size closed? produce_sync].map { |call| "#{call}: #{refusal}" }
    expect(ended.out).to match(refused + ["child 0", /\Apending \d+ \d+\z/, "left 0 0 failed 0"])
    expect(logged(114)).to match_array(
      ["first", "first", "own parent", "child sync"] +
        Array.new(100) { |n| "parent #{n}" } + Array.new(10) { |n| "child #{n}" }
    )
  end
end
