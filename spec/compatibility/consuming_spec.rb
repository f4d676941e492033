# frozen_string_literal: true

# Owns the proof that controllers of Karafka 1.1 are called as they were: the four ways to fetch and to consume, the
# life of an instance, what it sees and what it can do to its partition.
RSpec.describe "Controllers of Karafka 1.1" do
  let(:log) { Queue.new }

  def application(topics: { "t" => 1 }, **settings, &routes)
    broker(topics)
    setup_application { |config| settings.each { |name, value| config.public_send(:"#{name}=", value) } }
    draw(&routes)
  end

  # Together, so that they come as one batch where the settings allow it.
  def publish(count, topic: "t")
    producer = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers,
                                     "linger.ms" => (count > 1 ? "300" : "0"))
    producer.produce_many_sync(Array.new(count) { |number| { topic: topic, payload: number.to_s } })
  ensure
    producer&.close
  end

  def serve_until(size)
    serving { wait_until("#{size} entries (#{log.size})") { log.size >= size } }
    Array.new(log.size) { log.pop }
  end

  # A position in a group's offsets, as Kafka has it.
  def committed(group, topic = "t")
    Karafka::Native.positions({ "bootstrap.servers" => broker.bootstrap_servers, "group.id" => group },
                              [[topic, 0]], 10).first
  end

  # fetching, consuming => what user code sees of three messages: for each call the offsets, and the instance's number
  # of the call.
  {
    [true, false] => [[[0], 1], [[1], 2], [[2], 3]], [true, true] => [[[0, 1, 2], 1]],
    [false, false] => [[[0], 1], [[1], 2], [[2], 3]], [false, true] => [[[0], 1], [[1], 2], [[2], 3]]
  }.each do |(fetching, consuming), calls|
    it "are called with batch_fetching #{fetching} and batch_consuming #{consuming}" do
      type = controller(log) do
        @calls = @calls.to_i + 1
        log << [params_batch.map(&:offset), @calls]
      end
      application do
        consumer_group :g do
          batch_fetching fetching
          topic :t do
            controller type
            batch_consuming consuming
          end
        end
      end
      publish(3)
      expect(serve_until(calls.size)).to eq(calls)
    end
  end

  it "come new with each batch when they are not persistent, one for all messages of the batch" do
    type = controller(log) { log << [object_id, params.offset] }
    application(persistent: false) { topic(:t) { controller type } }
    publish(2)
    serving do
      wait_until("the first batch") { log.size == 2 }
      publish(1)
      wait_until("the second batch") { log.size == 3 }
    end
    ids = Array.new(3) { log.pop.first }
    expect([ids[0] == ids[1], ids[1] == ids[2]]).to eq([true, false])
  end

  it "keep their variables when they are persistent, through an error too, one for each partition" do
    type = controller(log) do
      @seen = (@seen || []) << [params.partition, params.payload]
      raise "boom" if @seen.size == 2

      log << @seen.map(&:last) if @seen.size == 3
    end
    application(topics: { "t" => 2 }) { topic(:t) { controller type } }
    2.times { |partition| 2.times { |n| WaterDrop::SyncProducer.call(n.to_s, topic: "t", partition: partition) } }
    expect(serve_until(2)).to eq([[0, 1, 1]] * 2)
  end

  it "keep the topic they were routed for, with its parser and responder, when one class has two" do
    upper = Module.new do
      def self.parse(content) = content.upcase
      def self.generate(object) = object.to_s
    end
    type = controller(log) { log << [topic.name, params.payload, self.class.topic.name] }
    application(topics: { "a" => 1, "b" => 1 }) do
      consumer_group :g do
        topic(:a) { controller(type) && parser(upper) }
        topic(:b) { controller type }
      end
    end
    %w[a b].each { |name| WaterDrop::SyncProducer.call('"x"', topic: name) }
    expect(serve_until(2)).to contain_exactly(["a", '"X"', "b"], ["b", "x", "b"])
  end

  it "may define initialize, and keep their own names private" do
    type = controller(log) { log << [@own, topic.name] }
    type.class_eval { def initialize = @own = :set }
    application { topic(:t) { controller type } }
    publish(1)
    expect(serve_until(1)).to eq([[:set, "t"]])
    expect(type.public_instance_methods).to include(:call, :consume, :topic, :respond_with, :params_batch=)
    expect(type.private_instance_methods).to include(:params, :params_batch, :consumer, :process)
  end

  it "can be called by hand in specs of an application" do
    type = controller(log) { log << [params[:id], topic.name] }
    application { topic(:t) { controller type } }
    instance = type.new
    instance.params_batch = [{ "value" => '{"id":1}', "topic" => "t" }, { "parsed" => true, "id" => 2 }]
    instance.call
    expect(log.pop).to eq([1, "t"])
    expect { Class.new(Karafka::BaseController).new.consume }.to raise_error(NotImplementedError)
    expect { type.new.send(:consumer) }.to raise_error(Karafka::Errors::MissingConsumer)
  end

  # A topic mapper as they were on Heroku; 1.1 committed under the name without the prefix.
  it "mark and pause under the cluster's name when a mapper has another" do
    mapper = Struct.new(:prefix) {
      def incoming(topic) = topic.delete_prefix(prefix)
      def outgoing(topic) = "#{prefix}#{topic}"
    }.new("eu.")
    type = controller(log) do
      log << [params.topic, params.offset, consumer.mark_as_consumed(params)]
    end
    application(topics: { "eu.t" => 1 }, topic_mapper: mapper) do
      consumer_group :g do
        automatically_mark_as_consumed false
        topic(:t) { controller type }
      end
    end
    publish(1, topic: "eu.t")
    expect(serve_until(1)).to eq([["t", 0, true]])
    expect(committed("spec_g", "eu.t")).to include(committed: 1)
  end

  describe "with their consumer" do
    it "mark from another thread and fiber, and anything with topic, partition and offset" do
      message = Struct.new(:topic, :offset, :partition) # rubocop:disable Lint/StructNewOverride -- Kafka's own word
      type = controller(log) do
        log << [Thread.new { consumer.mark_as_consumed(params_batch.to_a[1]) }.value,
                Fiber.new { consumer.mark_as_consumed(message.new("t", 2, 0)) }.resume]
      end
      application(batch_consuming: true) do
        consumer_group :g do
          automatically_mark_as_consumed false
          topic(:t) { controller type }
        end
      end
      publish(4)
      expect(serve_until(1)).to eq([[true, true]])
      expect(committed("spec_g")).to include(committed: 3)
    end

    it "do not move back what was marked" do
      type = controller(log) do
        params_batch.to_a.reverse_each { |params| consumer.mark_as_consumed(params) }
        log << params_batch.size
      end
      application(batch_consuming: true) do
        consumer_group :g do
          automatically_mark_as_consumed false
          topic(:t) { controller type }
        end
      end
      publish(3)
      serve_until(1)
      expect(committed("spec_g")).to include(committed: 3)
    end

    it "pause their partition for pause_timeout, by either name, and no other" do
      type = controller(log) do
        log << [params.offset, Process.clock_gettime(Process::CLOCK_MONOTONIC)]
        consumer.pause(params.topic, params.partition) if params.offset.zero?
        consumer.pause("t", 7) if params.offset == 1 && attempt == 1
      end
      errors = hear("worker.failed")
      application { consumer_group(:g) { topic(:t) { controller type } && pause_timeout(0.3) } }
      publish(2)
      seen = serve_until(3)
      expect(seen.map(&:first)).to eq([0, 1, 1])
      expect(seen[1].last - seen[0].last).to be >= 0.3
      expect(errors.map { |it| it[:error].message }).to eq(
        ["t/7 is not the partition being consumed (t/0); pause it in its own controller"]
      )
    end

    it "stop the process gracefully" do
      type = controller(log) { (log << params.offset) && consumer.stop }
      application { topic(:t) { controller type } }
      publish(1)
      expect(Karafka::Server.run).to be true
      expect(log.size).to eq(1)
    end
  end
end
