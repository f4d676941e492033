# frozen_string_literal: true

# Owns the proof that nothing user code raises loses a record, skips one, or ends a worker.
RSpec.describe "Errors in user code" do
  let(:log) { Queue.new }

  def consume_with(consumer, batch: false, group: {}, **settings)
    broker("t" => 2)
    setup_application do |config|
      settings.each do |name, value|
        (config.setting?(name) ? config : config.kafka).public_send(:"#{name}=", value)
      end
    end
    draw do
      consumer_group(:g) do
        group.each { |name, value| public_send(name, value) }
        topic(:t) do
          controller consumer
          batch_consuming batch
        end
      end
    end
  end

  # Everything leaves together before the server starts, so it comes as one batch.
  def publish(count, partition: 0)
    producer = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers, "linger.ms" => "200")
    producer.produce_many_sync(
      Array.new(count) { |number| { topic: "t", payload: number.to_s, partition: partition } }
    )
  ensure
    producer&.close
  end

  def taken
    Array.new(log.size) { log.pop }
  end

  def serve_until(size)
    serving { wait_until("#{size} entries (#{log.size})") { log.size >= size } }
    expect(@stopped_clean).to be true
  end

  it "redelivers the one message that failed, and none that was done, in message mode" do
    consumer = controller(log) do
      log << params.offset
      raise "boom" if params.offset == 2 && attempt == 1
    end
    consume_with(consumer)
    publish(5)
    serve_until(6)
    expect(taken).to eq([0, 1, 2, 2, 3, 4])
  end

  it "counts attempts of each message by itself in message mode" do
    consumer = controller(log) do
      log << [params.offset, attempt]
      raise "boom" if params.offset == 2 && attempt < 3
    end
    consume_with(consumer)
    publish(4)
    serve_until(6)
    expect(taken).to eq([[0, 1], [1, 1], [2, 1], [2, 2], [2, 3], [3, 1]])
  end

  it "gives a message its first attempt although the one before it failed after it was marked" do
    failures = hear("worker.failed")
    consumer = controller(log) do
      log << [params.offset, attempt]
      next unless params.offset == 1

      mark_as_consumed(params)
      raise "boom"
    end
    consume_with(consumer)
    publish(3)
    serve_until(3)
    expect(taken).to eq([[0, 1], [1, 1], [2, 1]])
    expect(failures.map { |it| it[:offset] }).to eq([1])
  end

  it "redelivers the whole batch, with the next attempt, in batch mode" do
    consumer = controller(log) do
      log << [attempt, params_batch.map(&:offset)]
      raise "boom" if attempt < 3
    end
    consume_with(consumer, batch: true)
    publish(5)
    serve_until(3)
    expect(taken).to eq([1, 2, 3].map { |attempt| [attempt, [0, 1, 2, 3, 4]] })
  end

  it "starts the attempts of the next batch at 1" do
    consumer = controller(log) do
      log << [params_batch.first.offset, attempt]
      raise "boom" if params_batch.first.offset.zero? && attempt == 1
    end
    consume_with(consumer, batch: true, max_messages: 2)
    publish(4)
    serve_until(3)
    expect(taken).to eq([[0, 1], [0, 2], [2, 1]])
  end

  [true, false].each do |automatic|
    it "redelivers behind a mark inside the batch, automatically_mark_as_consumed #{automatic}" do
      consumer = controller(log) do
        log << params_batch.map(&:offset)
        if attempt == 1
          mark_as_consumed(params_batch.to_a[1])
          raise "boom"
        end
      end
      consume_with(consumer, batch: true, group: { automatically_mark_as_consumed: automatic })
      publish(5)
      serve_until(2)
      expect(taken).to eq([[0, 1, 2, 3, 4], [2, 3, 4]])
    end
  end

  it "redelivers nothing when every message was marked before the error" do
    type = controller(log) do
      log << params_batch.map(&:offset)
      consumer.mark_as_consumed(params_batch.last)
      raise "boom" if params_batch.first.offset.zero?
    end
    consume_with(type, batch: true, max_messages: 2)
    publish(4)
    serve_until(2)
    expect(taken).to eq([[0, 1], [2, 3]])
  end

  it "rests for pause_timeout, the partition alone" do
    clock = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
    consumer = controller(log) do
      log << [params.partition, clock.call, attempt]
      raise "boom" if params.partition.zero? && attempt == 1
    end
    consume_with(consumer, pause_timeout: 0.5)
    publish(1, partition: 0)
    publish(1, partition: 1)
    serve_until(3)
    first, second = (all = taken).select { |entry| entry[0].zero? }
    other = all.find { |entry| entry[0] == 1 }
    expect(second[1] - first[1]).to be_between(0.5, 2)
    expect(other[1]).to be < second[1]
  end

  it "doubles the rest up to pause_max_timeout when asked" do
    consumer = controller(log) do
      log << attempt
      raise "boom" if attempt < 5
    end
    consume_with(consumer, pause_timeout: 0.01, pause_max_timeout: 0.05, pause_exponential_backoff: true)
    failures = hear("worker.failed")
    publish(1)
    serve_until(5)
    expect(failures.map { |failure| failure[:backoff] }).to eq([0.01, 0.02, 0.04, 0.05])
    expect(failures.map { |failure| failure[:attempt] }).to eq([1, 2, 3, 4])
    expect(failures.map { |failure| failure[:offset] }).to eq([0, 0, 0, 0])
  end

  [NotImplementedError, NoMemoryError, LoadError, SystemStackError, SecurityError, Exception].each do |type|
    it "handles #{type} like any other error" do
      consumer = controller(log) do
        log << params.offset
        raise type, "boom" if params.offset == 1 && attempt == 1
      end
      consume_with(consumer)
      failures = hear("worker.failed")
      publish(3)
      serve_until(4)
      expect(taken).to eq([0, 1, 1, 2])
      expect(failures.map { |failure| failure[:error].class }).to eq([type])
    end
  end

  it "handles a throw without a catch, and a real stack overflow" do
    endless = ->(this) { this.call(this) }
    consumer = controller(log) do
      log << params.offset
      next unless attempt == 1

      params.offset.zero? ? throw(:nowhere) : endless.call(endless)
    end
    consume_with(consumer)
    failures = hear("worker.failed")
    publish(1)
    publish(1, partition: 1)
    serve_until(4)
    expect(failures.map { |failure| failure[:error].class }).to all(be <= Exception)
    expect(failures.size).to be >= 1
  end

  it "goes on with as many workers after each was killed from inside" do
    kills = Queue.new.tap { |queue| 2.times { queue << true } }
    consumer = controller(log) do
      log << params.offset
      Thread.current.kill if kills.size.positive? && kills.pop
    end
    consume_with(consumer, concurrency: 2)
    workers = -> { Thread.list.count { |thread| thread.name.to_s.start_with?("karafka-worker") && thread.alive? } }
    publish(3)
    serving do
      wait_until("all records (#{log.size})", timeout: 15) { log.size >= 5 }
      wait_until("two workers") { workers.call == 2 }
    end
    expect(taken).to eq([0, 0, 0, 1, 2])
  end

  it "stops the process without losing a record when user code exits" do
    consumer = controller(log) do
      log << params.offset
      exit(3) if params.offset == 1 && log.size == 2
    end
    consume_with(consumer)
    publish(4)
    server = Thread.new { Karafka::Server.run }
    expect(server.join(5)&.value).to be true
    expect(taken).to eq([0, 1])

    Karafka::App.status.reset!
    log << :again << :again
    serve_until(5)
    expect(taken).to eq([:again, :again, 1, 2, 3])
  end

  it "keeps other partitions going while one fails for ever, and stops at once all the same" do
    consumer = controller(log) do
      raise "boom" if params.partition.zero?

      log << params.offset
    end
    consume_with(consumer, pause_timeout: 60)
    publish(1)
    publish(200, partition: 1)
    begun = nil
    serving do
      wait_until("the others") { log.size >= 200 }
      begun = now
    end
    expect(now - begun).to be < 2
    expect(taken).to eq((0...200).to_a)
  end
end
