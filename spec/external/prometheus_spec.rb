# frozen_string_literal: true

require_relative "support/ring"
require_relative "support/prometheus"

# Owns the proof that Prometheus itself understands what a server tells, and finds in it what docs/operations.md and the
# alert rules look for.
RSpec.describe "Prometheus" do
  before { skip Prometheus.missing if Prometheus.missing }

  let(:topic) { create_topic(2) }
  let(:group) { Cluster.unique("group") }
  let(:address) { "127.0.0.1:#{Addrinfo.tcp("127.0.0.1", 0).bind { |socket| socket.local_address.ip_port }}" }
  let(:prometheus) { Prometheus.new(address) }

  after { prometheus.close }

  # @return [Hash{String => Float}] value by partition
  def values(metric)
    series = prometheus.query(%(#{metric}{topic="#{topic}"}))
    series.to_h { |one| [one["metric"]["partition"], Float(one["value"].last)] }
  end

  it "scrapes a server at work: records, lag, and what fires" do
    settings = "config.http.bind = #{address.inspect}; config.stall_timeout = 2"
    karafka = member(topic, group, SETTINGS: settings, HOLD: "100")
    messages = Array.new(100) { |number| { topic: topic, payload: number.to_s, partition: number % 2 } }
    producer.produce_many_sync(messages)
    wait_until("100 records") { records(karafka).size == 100 }

    wait_until("the scrape is of it", timeout: 30) { values("karafka_consumer_records_total") == { nil => 100.0 } }
    expect(prometheus.query("up").map { |one| one["value"].last }).to eq(["1"])
    wait_until("the end is known", timeout: 30) { values("karafka_consumer_lag_records") == { "0" => 0.0, "1" => 0.0 } }

    # A job that never ends, and what comes behind it.
    producer.produce_sync(topic: topic, payload: "100", partition: 1)
    wait_until("it is held") { karafka.lines.grep(/\Aheld/).any? }
    producer.produce_sync(topic: topic, payload: "101", partition: 1)
    wait_until("lag", timeout: 30) { values("karafka_consumer_lag_records") == { "0" => 0.0, "1" => 2.0 } }
    stalled = nil
    wait_until("a stall", timeout: 30) do
      stalled = values("karafka_consumer_stalled_seconds")
      stalled["1"] > 2
    end
    expect(stalled["0"]).to eq(0)
    wait_until("an alert", timeout: 30) do
      prometheus.rules.find { |rule| rule["name"] == "KarafkaStuck" }["state"] == "pending"
    end
    expect(prometheus.rules.map { |rule| rule["health"] }.uniq).to eq(["ok"])
  end

  it "has no remark on the exposition" do
    member(topic, group, SETTINGS: "config.http.bind = #{address.inspect}")
    text = nil
    wait_until("it has partitions") do
      text = Net::HTTP.get(URI("http://#{address}/metrics"))
      text.include?('karafka_consumer_assigned_partitions{group="' "#{group}_g" '"} 2')
    rescue Errno::ECONNREFUSED
      nil
    end
    expect(Prometheus.check(text)).to match(["", be_success])
  end
end
