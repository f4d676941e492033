# frozen_string_literal: true

# Owns the proof that a fetch which fails costs no record, whatever happens next. librdkafka counts the error as a
# record, and would go on behind it when a rebalance has paused the partition.
RSpec.describe "A failed fetch" do
  let(:log) { Queue.new }

  # Only there to make the group rebalance.
  let(:member_script) { <<~RUBY }
    class Nothing < Karafka::BaseController
      def consume; end
    end
    application { |config| config.client_id = "spec" }
    routes { consumer_group(:g) { topic(:t) { controller Nothing } } }
  RUBY

  def publish(count)
    2.times { |partition| count.times { @producer.produce_sync(topic: "t", partition: partition, payload: "1") } }
  end

  after { @producer&.close }

  # librdkafka asks once, and would hold such a partition without ever reading it.
  %w[NOT_COORDINATOR COORDINATOR_NOT_AVAILABLE GROUP_AUTHORIZATION_FAILED].each do |code|
    it "of committed offsets (#{code}) is tried again, told, and holds the partition up for no longer" do
      broker("t" => 1)
      @producer = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
      3.times { @producer.produce_sync(topic: "t", payload: "1") }
      setup_application
      consumer = controller(log) { log << params.offset }
      draw { consumer_group(:g) { topic(:t) { controller consumer } } }
      failures = hear("connection.error")
      broker.inject(kind: :requests, api: :offset_fetch, code: code, times: 2)
      serving { wait_until("all records") { log.size == 3 } }
      expect(failures.map { |event| event[:code] }).to include(code)
    end
  end

  it "skips nothing and repeats nothing on a partition that stays through the rebalance after it" do
    broker("t" => 2)
    @producer = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    setup_application do |config|
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
    end
    consumer = controller(log) { log << [params.partition, params.offset] }
    draw { consumer_group(:g) { topic(:t) { controller consumer } } }
    failures = hear("connection.error")
    revoked = hear("partitions.revoked")
    seen = []
    serving do
      publish(5)
      wait_until("all records") { log.size == 10 }
      broker.inject(kind: :requests, api: :fetch, code: "REQUEST_TIMED_OUT", times: 10_000)
      wait_until("both fetches fail") do
        failures.map { |event| event[:message][%r{t/\d}] }.compact.uniq.size == 2
      end
      publish(3)
      karafka_server(member_script)
      wait_until("one partition went") { revoked.any? }
      broker.inject(kind: :no_requests, api: :fetch)
      stays = 1 - revoked.first[:partitions].first[:partition]
      wait_until("the last record") do
        seen += Array.new(log.size) { log.pop }
        seen.include?([stays, 7])
      end
      expect(seen.select { |partition, _| partition == stays }.map(&:last)).to eq((0..7).to_a)
    end
  end
end
