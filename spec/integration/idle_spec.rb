# frozen_string_literal: true

# Owns the proof that a process without work sleeps: who is woken, and how often, as Linux counts it. No time is
# asserted.
RSpec.describe "A server that has nothing to do" do
  # Threads of the core of other examples, whose servers may still be leaving a group whose broker is gone. (Ruby takes
  # its own threads up again.)
  let!(:others) do
    Dir["/proc/self/task/*"].select do |task|
      File.read("#{task}/comm").start_with?("krs-")
    rescue SystemCallError
      # It has ended since.
    end
  end

  # Of each thread its name, which Linux cuts to 15 characters, and its wake-ups.
  def wake_ups
    (Dir["/proc/self/task/*"] - others).each_with_object({}) do |task, all|
      status = File.read("#{task}/status")
      all[task] = [status[/^Name:\s+(\S+)/, 1], status[/^voluntary_ctxt_switches:\s+(\d+)/, 1].to_i]
    rescue SystemCallError
      # It has ended since.
    end
  end

  # By name, of the threads that there were all the time.
  def woken_since(before)
    wake_ups.each_with_object(Hash.new(0)) do |(task, (name, count)), all|
      all[name] += count - before[task].last if before.key?(task)
    end
  end

  # Runs a server until it has its four partitions, then the block.
  def idling(**kafka)
    broker("t" => 4)
    setup_application { |config| kafka.each { |name, value| config.kafka.public_send(:"#{name}=", value) } }
    draw_topic(controller {})
    assigned = 0
    Karafka.monitor.subscribe("partitions.assigned") { |event| assigned += event.payload[:partitions].size }
    serving do
      wait_until("the assignment") { assigned == 4 }
      yield
    end
  end

  # A tick of half a second, as it was once, is seven wake-ups in the time that is watched; each one of a Ruby thread
  # would be a struggle for the GVL.
  it "leaves workers and listener alone, and hardly wakes the fetcher" do
    skip "only Linux counts them" unless File.exist?("/proc/self/task")
    idling do
      # The best of three: on a busy machine the last of what the assignment brought may come late.
      woken = Array.new(3) do
        before = wake_ups
        sleep 3.5 # the time that is watched
        woken_since(before).values_at("karafka-worker-", "karafka-listene", "krs-fetch-0")
      end
      expect(woken).to include([0, 0, be <= 6])
    end
  end

  it "polls often enough for the shortest of intervals all the same" do
    told = []
    %w[partitions.revoked connection.error].each do |name|
      Karafka.monitor.subscribe(name) { |event| told << event.payload unless Karafka::App.stopping? }
    end
    interval = { "max.poll.interval.ms" => 1_500 }
    idling(session_timeout: 1.5, heartbeat_interval: 0.3, librdkafka: interval) do
      sleep 4 # more than twice the interval
      expect(told).to be_empty
    end
  end
end
