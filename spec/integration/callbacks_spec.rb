# frozen_string_literal: true

# Owns the proof that the callbacks of Karafka 1.1 run when and in the order they should, and what stopping, aborting
# and raising in them does.
RSpec.describe "Callbacks" do
  let(:log) { Queue.new }

  def taken
    Array.new(log.size) { log.pop }
  end

  def publish(*payloads, **options)
    Karafka.producer.produce_many_sync(payloads.map { |payload| { topic: "t", payload: payload, **options } })
  end

  # A controller with callbacks, defined in the block.
  def with_callbacks(parent: Karafka::BaseController, &definition)
    consumer = controller(log, parent: parent) { log << [:consume, params.raw_payload] }
    consumer.include(Karafka::Controllers::Callbacks)
    consumer.class_eval(&definition)
    consumer
  end

  def route(consumer, partitions: 1, wait: 0.05, batch: false)
    broker("t" => partitions)
    setup_application { |config| config.kafka.max_wait_time = wait }
    draw do
      consumer_group(:g) do
        topic(:t) do
          controller consumer
          batch_consuming batch
        end
      end
    end
  end

  # What was logged until something was, and at the stop.
  def log_of(*until_there)
    serving { wait_until(until_there.inspect) { (@seen = [*@seen, *taken]).include?(until_there) } }
    @seen + taken
  end

  it "run in the order of a turn, those of parents first, once for each message where messages are consumed" do
    parent = with_callbacks { after_fetched { log << [:fetched, 0, params_batch.to_a.size] } }
    route(with_callbacks(parent: parent) do
      after_fetched :look
      before_poll { log << [:before_poll] }
      after_poll { log << [:after_poll] }
      before_stop { log << [:stop] }
      define_method(:look) { log << [:fetched, 1, params.raw_payload] }
      private :look
    end)
    publish("a", "b")
    expect(log_of(:before_poll).join(" ")).to start_with(
      "fetched 0 1 fetched 1 a consume a fetched 0 1 fetched 1 b consume b after_poll before_poll"
    ).and end_with("before_poll after_poll stop")
  end

  it "run once for a batch where batches are consumed" do
    consumer = with_callbacks { after_fetched { log << [:fetched, params_batch.size] } }
    consumer.define_method(:consume) { log << [:consumed, params_batch.size] }
    route(consumer, batch: true)
    publish("a", "b")
    expect(log_of(:consumed, 2)).to eq([[:fetched, 2], [:consumed, 2]])
  end

  it "are given the controller when they want it, and may return and use next" do
    route(with_callbacks do
      after_fetched do |controller|
        log << [:same, controller.equal?(self)]
        next
      end
      after_fetched do
        return log << [:returned] if params.raw_payload == "a"

        log << [:not_reached]
      end
      before_stop(&:goodbye)
      define_method(:goodbye) { log << [:goodbye] }
    end)
    publish("a")
    expect(log_of(:consume, "a")).to eq([[:same, true], [:returned], [:consume, "a"], [:goodbye]])
  end

  it "skip consuming by throw(:abort), and the message counts as consumed" do
    consumer = with_callbacks do
      after_fetched { throw(:abort) if params.raw_payload == "a" }
      after_fetched { log << [:second, params.raw_payload] }
    end
    route(consumer)
    publish("a", "b")
    expect(log_of(:consume, "b")).to eq([[:second, "b"], [:consume, "b"]])
    properties = Karafka::Setup::Librdkafka.consumer(Karafka::App.consumer_groups.first)
    expect(Karafka::Native.positions(properties, [["t", 0]], 10).first[:committed]).to eq(2)
    direct = consumer.new
    direct.params_batch = [{ "value" => "a" }]
    expect(direct.call).to be(false)
  end

  it "abort only their own kind by throw(:abort) elsewhere" do
    route(with_callbacks do
      before_poll { throw(:abort) }
      before_poll { log << [:not_reached] }
      after_poll { log << [:after_poll] }
      before_stop { throw(:abort) }
      before_stop { log << [:not_reached] }
      define_method(:on_shutdown) { log << [:hook] }
    end)
    publish("a")
    expect(log_of(:after_poll).uniq).to eq([[:consume, "a"], [:after_poll], [:hook]])
  end

  it "fail the message when after_fetched raises, and it comes again" do
    route(with_callbacks do
      after_fetched { raise "not yet" if attempt < 3 }
      after_fetched { log << [:attempt, attempt] }
    end)
    publish("a")
    expect(log_of(:consume, "a")).to eq([[:attempt, 3], [:consume, "a"]])
  end

  it "in empty turns see the last messages and may mark them" do
    consumer = with_callbacks do
      after_poll { log << [:marked, params_batch.to_a.last.offset, mark_as_consumed(params_batch.to_a.last)] }
    end
    route(consumer)
    publish("a", "b")
    expect(log_of(:marked, 1, true)).to include([:consume, "b"])
  end

  it "that raise in an empty turn are an error with a rest, messages go on, and a stop is quick" do
    failed = hear("worker.turn_failed")
    route(with_callbacks { before_poll { raise "no" if (@polls = @polls.to_i + 1) == 1 } })
    publish("a")
    serving do
      wait_until("the error") { failed.any? }
      publish("b")
      wait_until("the next message") { (@seen = [*@seen, *taken]).include?([:consume, "b"]) }
    end
    expect(failed.map { |it| it.except(:error, :time) }).to eq(
      [{ group: "g", topic: "t", partition: 0, backoff: 0.05 }]
    )
    expect(failed[0][:error].message).to eq("no")
  end

  it "that raise in before_stop are told, and stop nothing" do
    errors = hear("error.occurred")
    route(with_callbacks do
      before_stop { raise "no" }
      before_stop { log << [:not_reached] }
    end)
    publish("a")
    expect(log_of(:consume, "a")).to eq([[:consume, "a"]])
    expect(errors.map { |it| it[:error].message }).to eq(["no"])
    expect(@stopped_clean).to be(true)
  end

  it "do not run for partitions that never had a message" do
    route(with_callbacks do
      before_poll { log << [:before_poll, partition] }
      before_stop { log << [:stop, partition] }
    end, partitions: 2)
    publish("a", partition: 1)
    expect(log_of(:before_poll, 1).uniq).to contain_exactly([:consume, "a"], [:before_poll, 1], [:stop, 1])
  end

  it "never run beside consume" do
    inside = 0
    beside = Queue.new
    consumer = with_callbacks do
      before_poll { beside << true if inside.positive? }
      define_method(:consume) do
        inside += 1
        sleep 0.15 # stands for work that is longer than a turn
        inside -= 1
        log << [:consumed]
      end
    end
    route(consumer)
    publish("a", "b")
    serving { wait_until("both") { log.size == 2 } }
    expect(beside).to be_empty
  end

  it "need no thread when nobody wants turns" do
    route(with_callbacks { before_stop { log << [:stop] } })
    publish("a")
    serving do
      wait_until("the message") { log.size == 1 }
      expect(Thread.list.map(&:name)).not_to include("karafka-turns")
    end
    expect(taken).to eq([[:consume, "a"], [:stop]])
  end

  it "are the same under the names of Karafka 1.2" do
    expect(Karafka::Consumers::Callbacks).to be(Karafka::Controllers::Callbacks)
    consumer = Class.new(Karafka::BaseConsumer) { include Karafka::Consumers::Callbacks }
    consumer.after_fetch { nil }
    expect(consumer.callbacks(:after_fetched).size).to eq(1)
  end

  [[], [:name, :block], [1], [nil]].each do |arguments|
    it "are refused without a name or a block: #{arguments.inspect}" do
      type = Class.new(Karafka::BaseController) { include Karafka::Controllers::Callbacks }
      block = arguments.delete(:block) && proc {}
      expect { type.before_stop(*arguments, &block) }.to raise_error(ArgumentError, /before_stop was given .*; give/)
    end
  end
end
