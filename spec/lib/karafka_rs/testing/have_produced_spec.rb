# frozen_string_literal: true

require "spec_helper"
require "open3"
require "karafka_rs/testing"
require "karafka/testing/have_produced"

RSpec.describe Karafka::Testing::HaveProduced do
  before do
    Karafka::App.setup { |config| config.client_id = "spec" }
    Karafka::Testing.capture!
    Karafka::Testing.clear
  end

  after { Karafka::Testing.release! }

  def have_produced = described_class.new

  def send_one(payload = '{"id":1,"lines":[{"sku":"a"}]}', **options)
    Karafka.producer.produce_sync(topic: "orders", payload: payload, key: "k", headers: { a: "b" }, **options)
  end

  def text
    yield
    nil
  rescue RSpec::Expectations::ExpectationNotMetError => e
    e.message
  end

  it "is about what was produced while the block ran" do
    send_one
    expect { send_one }.to have_produced
    expect { 2.times { send_one } }.to have_produced.twice
    expect { nil }.not_to have_produced
    expect(Karafka::Testing).to have_produced.exactly(4).times
    expect(Karafka::Testing.produced(:other)).not_to have_produced
  end

  it "compares topic, key, headers, partition and time" do
    expect { send_one(partition: 2, partition_key: "p", timestamp: 5) }
      .to have_produced.to("orders").with_key("k").with_headers("a" => "b").on_partition(2)
      .with_partition_key("p").with_timestamp(Time.at(0, 5, :millisecond))
    expect { send_one }.to have_produced.to(:orders).with_key(start_with("k")).with_headers(a: /b/)
    [have_produced.to(:other), have_produced.with_key("z"), have_produced.with_headers({}), have_produced.with_key(nil),
     have_produced.on_partition(1), have_produced.with_partition_key("p")].each do |wrong|
      expect { send_one }.not_to wrong
    end
  end

  it "compares payloads as they were sent, or as they are read" do
    payloads = ['{"id":1,"lines":[{"sku":"a"}]}', { "id" => 1, "lines" => [{ "sku" => "a" }] },
                { id: 1, lines: [{ sku: "a" }] }, hash_including(id: 1), hash_including("id" => 1),
                include(id: Integer), a_hash_including("lines" => [include(sku: "a")]), /"id":1/, instance_of(Hash)]
    payloads.each { |payload| expect { send_one }.to have_produced.with_payload(payload) }
    [nil, "{}", { id: 2 }, hash_including(id: 2), [], /z/, instance_of(Array)].each do |payload|
      expect { send_one }.not_to have_produced.with_payload(payload)
    end
    expect { send_one(nil) }.to have_produced.with_payload(nil)
    expect { send_one("[1]") }.to have_produced.with_payload([1])
    expect { send_one("no json") }.not_to have_produced.with_payload(hash_including(id: 1))
  end

  it "counts" do
    three = -> { 3.times { send_one } }
    [have_produced.times(3), have_produced.thrice, have_produced.at_least(2).times, have_produced.at_least(:once),
     have_produced.at_most(3).times, have_produced.exactly(:thrice)].each { |right| expect(&three).to right }
    [have_produced.at_least(4).times, have_produced.at_most(2).times, have_produced.once].each do |wrong|
      expect(&three).not_to wrong
    end
    expect(text { expect(&three).to have_produced }).to start_with("expected exactly one message, but 3 of the 3")
    expect { have_produced.exactly("3") }.to raise_error(ArgumentError, /given "3" as a number/)
  end

  it "goes together with other matchers" do
    both = -> { send_one && send_one(topic: "audit") }
    expect(&both).to have_produced.to(:orders).and have_produced.to(:audit)
    expect(&both).to have_produced.to(:orders).and(change { Karafka::Testing.produced.size }.by(2))
    told = text { expect(&both).to have_produced.to(:orders).and have_produced.to(:z) }
    expect(told).to include("message to :z, but")
  end

  it "shows what there was" do
    wanted = have_produced.to(:orders).with_payload(hash_including(id: 2))
    message = text { expect { send_one && send_one(nil) }.to wanted }
    expect(message.lines(chomp: true)).to eq [
      "expected exactly one message to :orders with payload hash_including(:id=>2), " \
      "but none of the 2 that were produced:",
      '  orders/0@0, key "k", headers {"a"=>"b"}, payload "{\"id\":1,\"lines\":[{\"sku\":\"a\"}]}"',
      '  orders/0@1, key "k", headers {"a"=>"b"}, a tombstone'
    ]
    expect(text { expect { nil }.to have_produced.at_least(2).times })
      .to eq "expected at least 2 messages, but nothing was produced"
    expect(text { expect { send_one }.not_to have_produced.to(:orders) })
      .to start_with("expected no message to :orders")
    many = text { expect { 12.times { send_one("x" * 300) } }.to have_produced }
    expect(many).to include("... (300 bytes)").and end_with("  and 2 more")
    expect(have_produced.to(:orders).with_key("1").description)
      .to eq 'have produced exactly one message to :orders with key "1"'
  end

  it "refuses what it can say nothing about" do
    expect { expect(3).to have_produced }.to raise_error(ArgumentError, /given a Integer; give a block, `karafka`/)
    Karafka::Testing.release!
    expect { expect { nil }.to have_produced }.to raise_error(Karafka::Testing::Error, /not recorded here; call/)
  end

  # What requiring the kit does to a process is looked at in one of its own.
  describe "in a process of its own" do
    def run(text, *command)
      Tempfile.create(%w[kit .rb]) do |file|
        file.write(text)
        file.close
        lib = File.join(Children::ROOT, "lib")
        Open3.capture2e({ "SPEC_OPTS" => nil }, RbConfig.ruby, "-I", lib, *command, file.path)
      end
    end

    it "is there in every RSpec example, which begins with nothing recorded" do
      output, status = run(<<~RUBY, "-S", "rspec", "--options", File::NULL)
        require "karafka_rs/testing/rspec"
        RSpec.describe "kit" do
          before { Karafka.producer.produce_sync(topic: "t", payload: "1") }

          2.times { it { expect(karafka).to have_produced.to(:t) } }
          it { expect { with_kafka { nil } }.to raise_error(Karafka::Testing::Error, /no routes/) }
          it { expect(karafka.produced_messages.size).to eq 1 }
        end
      RUBY
      expect([status.success?, output]).to match [true, /4 examples, 0 failures/]
    end

    it "is there in every Minitest test, which begins with nothing recorded" do
      output, status = run(<<~RUBY)
        require "minitest/autorun"
        require "karafka_rs/testing/minitest"
        class KitTest < Minitest::Test
          def setup = Karafka.producer.produce_sync(topic: "t", payload: '{"id":1}', key: "k")

          2.times { |n| define_method("test_\#{n}") { assert_produced(topic: :t, payload: { id: 1 }, key: /k/) } }

          def test_blocks
            assert_produced(count: 2..3) { 2.times { setup } }
            assert_no_produced(topic: :other) { setup }
            refute_produced(key: "z")
          end

          def test_failures
            error = assert_raises(Minitest::Assertion) { assert_produced("hint", topic: :u) }
            assert_equal "hint.\\nExpected exactly one message to :u, but none of the 1 that were produced:\\n" \\
                         '  t/0@0, key "k", payload "{\\"id\\":1}".', error.message
            error = assert_raises(Minitest::Assertion) { assert_no_produced(topic: :t) }
            assert_match(/\\AExpected no message to :t, but 1 of the 1/, error.message)
            error = assert_raises(ArgumentError) { assert_produced(tpic: :t) }
            assert_match(/\\Aunknown keyword: :tpic; give topic, payload/, error.message)
            assert_raises(Karafka::Testing::Error) { with_kafka { nil } }
            assert_equal 1, karafka.produced(:t).size
          end
        end
      RUBY
      expect([status.success?, output]).to match [true, /4 runs, .* 0 failures, 0 errors/]
    end
  end
end
