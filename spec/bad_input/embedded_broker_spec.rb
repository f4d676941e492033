# frozen_string_literal: true

# Owns the proof that the embedded broker refuses what it cannot be or do in one line, before librdkafka hears of it:
# an assertion there would end the process.
RSpec.describe "Bad input: the embedded broker" do
  let(:invalid) { Karafka::Errors::InvalidConfiguration }

  odd = BadInput::ODD.merge("nil" => [nil, "nil"], "a String" => ["3", '"3"'], "false" => [false, "false"],
                            "a Symbol" => [:one, ":one"])
  texts = BadInput::TEXTS.merge("an empty name" => ["", '""'], "a space" => [" ", '" "'], "a dot" => [".", '"."'],
                                "two dots" => ["..", '".."'], "a slash" => ["a/b", '"a/b"'], "a letter" => ["ż", '"ż'],
                                "a newline" => ["a\n", '"a\n"'], "250 letters" => ["n" * 250, '"nnn'])

  odd.merge("zero" => [0, "0"], "a Float" => [1.5, "1.5"], "1001" => [1001, "1001"]).each do |what, (value, shown)|
    it "does not start as #{what} brokers" do
      refused(invalid, "brokers is #{shown}") { Karafka::EmbeddedBroker.start(brokers: value) { raise "it started" } }
    end
  end

  odd.merge("an hour and more" => [3601, "3601"]).each do |what, (value, shown)|
    it "does not delay a rebalance by #{what}" do
      refused(invalid, "rebalance_delay is #{shown}") { Karafka::EmbeddedBroker.start(rebalance_delay: value) {} }
    end
  end

  odd.merge("pairs" => [[["t", 1]], '[["t", 1]]']).each do |what, (value, shown)|
    it "does not start with #{what} as topics, and leaves nothing behind" do
      refused(invalid, "topics is #{shown}") { Karafka::EmbeddedBroker.start(topics: value) { raise "it started" } }
      wait_until("its end") { Dir["/proc/self/task/*/comm"].none? { |path| name_of(path) == "rdk:mock" } }
    end
  end

  def name_of(path)
    File.read(path).chomp
  rescue SystemCallError
    # The thread has ended meanwhile.
    nil
  end

  describe "that runs" do
    before(:all) { @running = Karafka::EmbeddedBroker.start(topics: { "t" => 1 }, brokers: 2) }
    after(:all) { @running.close }

    odd.except("a String", "a Symbol").merge(texts).each do |what, (value, shown)|
      it "creates no topic called #{what}" do
        refused(invalid, "topic is #{shown[0, 4]}") { @running.create_topic(value) }
      end
    end

    numbers = odd.merge("zero" => [0, "0"], "a Float" => [1.0, "1.0"], "10001" => [10_001, "10001"])
    numbers.each do |what, (value, shown)|
      it "creates no topic with #{what} partitions" do
        refused(invalid, "partitions is #{shown}") { @running.create_topic("u", value) }
      end
    end

    it "creates no topic twice" do
      expect { @running.create_topic("t") }.to raise_error(Karafka::Errors::KafkaError, /"t".*already exists/)
    end

    good = {
      requests: { api: :fetch, code: "NOT_COORDINATOR", times: 0 }, no_requests: { api: :fetch },
      topic: { topic: "t", code: "NO_ERROR" }, broker_down: { broker: 2 }, broker_up: { broker: 2 },
      round_trip: { broker: 2, millis: 0 }, coordinator: { group: "g", broker: 1 },
      leader: { topic: "t", partition: 0, broker: 1 }, max_version: { api: :init_producer_id, version: 0 }
    }
    beyond = {
      api: [:produces, "", "fetch\0"], code: ["NO_SUCH", "", "a\0b", 5], times: [1_000_001, 1.0], group: ["", "a\0b"],
      broker: [0, 3, -1, 1.0], millis: [3_600_001, 1.5], partition: [2**31, 0.0], version: [-2, 2**15],
      topic: ["", ".", "a\0b", "a/b", "n" * 250]
    }
    good.each do |kind, options|
      it("takes the fault #{kind}") { expect(@running.inject(kind: kind, **options)).to be_nil }

      options.each_key do |name|
        it "does not take odd values for #{name} of the fault #{kind}" do
          # Any text may be the id of a group, and these two the name of a topic.
          wrong = (%i[group topic].include?(name) ? odd.except("a String", "a Symbol") : odd).values.map(&:first)
          (wrong + beyond.fetch(name)).each do |value|
            refused(invalid, cure: /; give|: write/) { @running.inject(kind: kind, **options, name => value) }
          end
        end

        it "does not take the fault #{kind} without #{name}" do
          refused(invalid, "#{kind}: #{name} is nil") { @running.inject(kind: kind, **options.except(name)) }
        end
      end

      it "does not take an option that the fault #{kind} does not have" do
        refused(invalid, "fault #{kind}: the option is :extra") { @running.inject(kind: kind, **options, extra: 1) }
      end
    end

    odd.except("a Symbol").merge("another" => [:oops, '"oops"']).each do |what, (value, shown)|
      it "knows no fault that is #{what}" do
        refused(invalid, "fault kind is #{shown}") { @running.inject(kind: value) }
      end
    end

    it "knows no fault without a kind" do
      refused(invalid, "fault kind is nil", "requests, no_requests") { @running.inject }
    end

    it "says which partition it does not have" do
      expect { @running.inject(kind: :leader, topic: "t", partition: 99, broker: 1) }
        .to raise_error(Karafka::Errors::KafkaError, /partition: 99.*Unknown topic or partition/)
    end
  end
end
