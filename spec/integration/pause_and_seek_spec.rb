# frozen_string_literal: true

# Owns the proof that user code can hold its partition and move it, from inside a job and from outside, and that
# nothing is lost or doubled by that but what was asked for.
RSpec.describe "A controller that" do
  let(:log) { Queue.new }
  let(:group) { Karafka::App.consumer_groups.first }

  def taken
    Array.new(log.size) { log.pop }
  end

  def publish(count, **options)
    messages = Array.new(count) { |number| { topic: "t", payload: number.to_s, partition: 0, **options } }
    Karafka.producer.produce_many_sync(messages)
  end

  def committed(partition = 0)
    properties = Karafka::Setup::Librdkafka.consumer(group)
    Karafka::Native.positions(properties, [["t", partition]], 10).first[:committed]
  end

  # One topic `t`, a batch at a time unless told otherwise.
  def route(consumer, batch: true, partitions: 1, &settings)
    broker("t" => partitions)
    setup_application(&settings)
    draw_topic(consumer, batch: batch)
  end

  def until_logged(count)
    serving { wait_until("#{count} (#{log.size})") { log.size >= count } }
  end

  describe "pauses" do
    it "gets the next batch when the time is over, and nothing twice" do
      consumer = controller(log) do
        params_batch.each { |params| log << [params.offset, attempt, now] }
        pause(0.5) if params_batch.first.offset.zero?
      end
      consumer.include(Waiting)
      route(consumer) { |config| config.max_messages = 2 }
      publish(4)
      until_logged(4)
      entries = taken
      expect(entries.map { |it| it[0..1] }).to eq([[0, 1], [1, 1], [2, 1], [3, 1]])
      expect(entries[2][2] - entries[1][2]).to be >= 0.5
    end

    it "in a job of single messages gets the next message when the time is over" do
      consumer = controller(log) do
        log << [params.offset, attempt]
        pause(0.1)
      end
      route(consumer, batch: false)
      publish(3)
      until_logged(3)
      expect(taken).to eq([[0, 1], [1, 1], [2, 1]])
      expect(committed).to eq(3)
    end

    it "without an end gets nothing until somebody resumes it, while other partitions go on" do
      held = Queue.new
      consumer = controller(log) do
        log << [partition, params.offset]
        next unless partition.zero?

        pause
        held << self
      end
      route(consumer, batch: false, partitions: 2)
      publish(2)
      publish(2, partition: 1)
      serving do
        wait_until("three of four") { log.size == 3 }
        paused = held.pop
        expect(taken).to contain_exactly([0, 0], [1, 0], [1, 1])
        publish(1, partition: 1)
        wait_until("the other partition") { log.size == 1 }
        expect(taken).to eq([[1, 2]])
        expect(paused.resume).to be true
        wait_until("the rest") { log.size == 1 }
        expect(taken).to eq([[0, 1]])
      end
      expect(held.pop.resume).to be(false).or be(true)
    end

    it "and fails rests for the longer of both" do
      consumer = controller(log) do
        log << [params.offset, attempt, now]
        next if attempt > 1

        pause(0.4)
        raise "once"
      end
      consumer.include(Waiting)
      route(consumer, batch: false)
      publish(1)
      until_logged(2)
      first, second = taken
      expect([first, second].map { |it| it[0..1] }).to eq([[0, 1], [0, 2]])
      expect(second[2] - first[2]).to be >= 0.4
    end

    it "is told when that makes no sense" do
      consumer = Class.new(Karafka::BaseController).new
      [-1, "soon", :x].each do |time|
        expect { consumer.pause(time) }.to raise_error(ArgumentError, /pause for #{time.inspect}.*seconds/)
      end
      expect { consumer.pause(1) }.to raise_error(Karafka::Errors::MissingConsumer)
    end
  end

  describe "seeks" do
    it "back gets the same messages again, and Kafka is told the position behind" do
      consumer = controller(log) do
        log << params_batch.map(&:offset)
        sought = log.size == 1 && seek(1)
        log << mark_as_consumed(params_batch.last) if sought
      end
      route(consumer)
      publish(3)
      serving do
        wait_until("again") { log.size >= 3 }
        expect(taken).to eq([[0, 1, 2], false, [1, 2]])
      end
      expect(committed).to eq(3)
    end

    it "back commits no more than the position it went back to" do
      release = Queue.new
      consumer = controller(log) do
        log << params.offset
        seek(0) if params.offset == 2 && log.size == 3
        release.pop if log.size > 3
      end
      route(consumer, batch: false) { |config| config.kafka.offset_commit_interval = 0.05 }
      publish(3)
      serving do
        wait_until("again") { log.size == 4 }
        # The fourth job is in user code: what is committed now is where it began.
        wait_until("the position") { committed&.zero? }
        release.close
        wait_until("all again") { log.size == 6 }
      end
      expect(taken).to eq([0, 1, 2, 0, 1, 2])
    end

    it "forward leaves messages out" do
      consumer = controller(log) do
        log << params.offset
        seek(5) if params.offset == 1
      end
      route(consumer, batch: false)
      publish(7)
      until_logged(4)
      expect(taken).to eq([0, 1, 5, 6])
    end

    it "to a message, to the start and to the end arrives there" do
      steps = [:earliest, :latest, ->(batch) { batch.first }]
      consumer = controller(log) do
        log << params_batch.map(&:offset)
        step = steps.shift
        seek(step.respond_to?(:call) ? step.call(params_batch) : step) if step
      end
      route(consumer) { |config| config.max_messages = 2 }
      publish(3)
      serving do
        wait_until("the start again") { log.size >= 2 }
        # Sent until it is seen: what is there when the end is looked up is left out.
        wait_until("the message again") { publish(1) && log.size >= 4 }
      end
      first, again, after_end, message = taken
      expect([first, again]).to eq([[0, 1], [0, 1]])
      expect(after_end.first).to be >= 3
      expect(message.first).to eq(after_end.first)
    end

    it "and fails gets the same messages again, as if it had not called" do
      consumer = controller(log) do
        log << [params.offset, attempt]
        next if attempt > 1

        seek(2)
        raise "once"
      end
      route(consumer, batch: false)
      publish(1)
      until_logged(2)
      expect(taken).to eq([[0, 1], [0, 2]])
    end

    it "in its last job leaves that position to the next process" do
      consumer = controller(log) do
        log << params.offset
        next unless params.offset == 2

        seek(1)
        Karafka::App.stop!
      end
      route(consumer, batch: false)
      publish(4)
      serving { wait_until("the stop") { Karafka::App.stopped? } }
      expect([taken, committed]).to eq([[0, 1, 2], 1])
    end

    it "when it is told of its assignment never sees what lies before" do
      consumer = controller(log) { params_batch.each { |params| log << params.offset } }
      consumer.define_method(:on_assigned) { seek(3) }
      route(consumer)
      publish(5)
      until_logged(2)
      expect(taken).to eq([3, 4])
    end

    it "beyond what there is goes on where the settings say, and is told" do
      consumer = controller(log) do
        log << params.offset
        seek(1_000) if log.size == 2
      end
      route(consumer, batch: false)
      errors = hear("connection.error")
      publish(2)
      until_logged(4)
      expect(taken.first(4)).to eq([0, 1, 0, 1])
      expect(errors.map { |error| error[:code] }).to include("_AUTO_OFFSET_RESET")
    end

    it "is told when that makes no sense" do
      consumer = Class.new(Karafka::BaseController).new
      consumer.karafka_lease = Object.new
      [-1, "0", nil, :first, 1.5].each do |target|
        expect { consumer.seek(target) }.to raise_error(ArgumentError, /seek to #{Regexp.escape(target.inspect)}/)
      end
    end
  end
end
