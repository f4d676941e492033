# frozen_string_literal: true

# Owns the proof of what `config.executor` is around, without Rails; and of classes that routes give by their names.
RSpec.describe "config.executor" do
  # Says when something begins and ends in it.
  def executor(log)
    Object.new.tap do |made|
      made.define_singleton_method(:wrap) do |&block|
        log << :in
        block.call
      ensure
        log << :out
      end
    end
  end

  def consume(batch:, payloads: %w[a b], &consume)
    log = Queue.new
    broker("t" => 1)
    setup_application { |config| config.executor = executor(log) }
    draw_topic(controller(log, &consume), batch: batch)
    Karafka.producer.produce_many_sync(payloads.map { |payload| { topic: "t", partition: 0, payload: payload } })
    serving { wait_until("the end (#{log.size})") { yield_done?(log, payloads.size) } }
    Array.new(log.size) { log.pop }
  end

  def yield_done?(log, count)
    (@seen ||= []).concat(Array.new(log.size) { log.pop })
    done = @seen.count { |entry| entry.is_a?(Array) } >= count && @seen.last == :out
    @seen.each { |entry| log << entry } && @seen.clear if done
    done
  end

  it "is around each message that is consumed alone" do
    log = consume(batch: false) { self.log << [params.raw_payload] }
    # The first is the making of the instance.
    expect(log).to eq([:in, :out, :in, ["a"], :out, :in, ["b"], :out])
  end

  it "is around each batch" do
    log = consume(batch: true) { params_batch.each { |params| self.log << [params.raw_payload] } }
    expect(log.first).to eq(:in)
    expect(log.last).to eq(:out)
    expect(log.grep(Array)).to eq([["a"], ["b"]])
  end

  it "is left before a failure is told, and is around that too" do
    failures = hear("worker.failed")
    log = consume(batch: true, payloads: %w[a]) { attempt == 1 ? raise("no") : self.log << [:done] }
    expect(log).to eq([:in, :out, :in, :out, :in, [:done], :out])
    expect(failures.size).to eq(1)
  end

  it "does not keep a failure from being told when it fails itself" do
    broken = Object.new
    def broken.wrap = raise("no executor")
    failures = hear("worker.failed")
    broker("t" => 1)
    setup_application { |config| config.executor = broken }
    draw_topic(controller { nil })
    Karafka.producer.produce_sync(topic: "t", payload: "a")
    serving { wait_until("two failures") { failures.size >= 2 } }
    expect(failures.map { |failure| failure[:error].message }.uniq).to eq(["no executor"])
  end

  it "consumes by a class that the route gives by its name" do
    stub_const("NamedController", controller(log = Queue.new) { log << params.raw_payload })
    broker("t" => 1)
    setup_application
    draw { topic(:t) { controller "NamedController" } }
    Karafka.producer.produce_sync(topic: "t", payload: "a")
    serving { wait_until("the message") { log.size == 1 } }
  end

  it "does not start to consume for a class that is not there" do
    setup_application { |config| config.kafka.seed_brokers = "127.0.0.1:1" }
    draw { topic(:t) { controller "Nowhere::Controller" } }
    expect { Karafka::Server.run }.to raise_error(Karafka::Errors::InvalidConfiguration,
                                                  /topic t: controller is "Nowhere::Controller" but there is no such/)
  end
end
