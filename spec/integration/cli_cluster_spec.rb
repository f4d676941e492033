# frozen_string_literal: true

# Owns the proof that `karafka lag` and `karafka topics` say what Kafka says, and end soon when it says nothing.
# Creating and deleting is in spec/external: the embedded broker does neither on request.
RSpec.describe "The karafka executable and a cluster" do
  let(:producer) { Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers) }

  after { @broker && producer.close }

  # What the words of each line are.
  def cells(ended)
    expect([ended.code, ended.err]).to eq([0, ""])
    ended.out.map(&:split)
  end

  describe "lag" do
    def application
      broker("t" => 2, "empty" => 1) unless @broker
      boot_file(<<~RUBY)
        application
        class Reading < Karafka::BaseController
          def consume
            Karafka::App.stop! if params.raw_payload == "last"
          end
        end
        routes do
          consumer_group(:first) { topic(:t) { controller Reading } }
          consumer_group(:second) do
            topic(:t) { controller Reading; start_from_beginning false }
            topic(:empty) { controller Reading }
            topic(:missing) { controller Reading }
          end
        end
      RUBY
    end

    def produce(payload, partition)
      producer.produce_sync(topic: "t", payload: payload, partition: partition)
    end

    it "tells committed and end of each partition, and the difference" do
      env = application
      2.times { produce("x", 1) }
      produce("last", 1)
      expect(run("server", "-g", "first", env: env).code).to eq(0)
      5.times { produce("x", 1) }
      produce("x", 0)
      expect(cells(run("lag", env: env))).to eq(
        [%w[GROUP TOPIC PARTITION COMMITTED END LAG],
         %w[child_first t 0 - 1 1], %w[child_first t 1 3 8 5], %w[child_first t all 6],
         %w[child_second t 0 - 1 0], %w[child_second t 1 - 8 0], %w[child_second t all 0],
         %w[child_second empty 0 - 0 0], %w[child_second empty all 0],
         %w[child_second missing - - - the topic does not exist],
         %w[Total lag: 6]]
      )
    end

    it "tells it of the groups that are named, by name or by id" do
      env = application
      %w[second child_second].each do |name|
        expect(cells(run("lag", "--group", name, env: env)).map(&:first).uniq).to eq(%w[GROUP child_second Total])
      end
      expect_mistake(run("lag", "-g", "first", "third", env: env), /unknown consumer group third.*first, second/)
    end
  end

  describe "topics" do
    it "lists topics, of the application's brokers or of others" do
      broker("b" => 3, "a" => 1)
      list = [%w[TOPIC PARTITIONS], %w[a 1], %w[b 3]]
      expect(cells(run("topics", "list", env: boot_file("application")))).to eq(list)
      servers = ["--brokers", "kafka://#{broker.bootstrap_servers}"]
      expect(cells(run("topics", "list", *servers, env: { "KARAFKA_ROOT_DIR" => folder }))).to eq(list)
    end

    it "describes a topic" do
      broker("a" => 2)
      2.times { producer.produce_sync(topic: "a", payload: "x", partition: 1) }
      expect(cells(run("topics", "describe", "a", env: boot_file("application")))).to eq(
        [%w[PARTITION LEADER REPLICAS IN-SYNC FIRST END RECORDS], %w[0 1 1 1 0 0 0], %w[1 1 1 1 0 2 2]]
      )
    end

    it "creates none by asking for it" do
      broker("a" => 1)
      env = boot_file("application")
      expect_mistake(run("topics", "describe", "b", env: env), /there is no topic b/)
      expect(cells(run("topics", "list", env: env))).to eq([%w[TOPIC PARTITIONS], %w[a 1]])
    end

    [%w[create b], %w[delete a]].each do |arguments|
      it "says at once that the embedded broker cannot #{arguments.first}" do
        broker("a" => 1)
        expect_mistake(run("topics", *arguments, "--timeout", "30", env: boot_file("application"), timeout: 10),
                       /these brokers have no controller/)
      end
    end
  end

  [%w[lag], %w[topics list], %w[topics describe t], %w[topics create t], %w[topics delete t]].each do |arguments|
    it "ends soon with one line when no broker answers `karafka #{arguments.join(" ")}`" do
      env = boot_file('application("127.0.0.1:1"); routes { topic(:t) { controller Karafka::BaseController } }')
      started = now
      expect_mistake(run(*arguments, "--timeout", "1", env: env), /no answer from 127\.0\.0\.1:1 within 1/)
      expect(now - started).to be < 5
    end
  end

  it "lets go of a question at Ctrl-C" do
    process = karafka("topics", "list", "--brokers", "127.0.0.1:1", "--timeout", "60")
    task = "/proc/#{process.pid}/task"
    wait_until("the question") { Dir["#{task}/*/comm"].any? { |path| File.read(path).start_with?("krs-admin") } }
    process.signal("INT")
    ended = process.finish(timeout: 3)
    expect([ended.code, ended.out, ended.err]).to eq([130, [], ""])
  end
end
