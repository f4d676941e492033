# frozen_string_literal: true

require "net/http"

# The table of metrics is what a server exports, no more and no less.
RSpec.describe "docs/operations.md" do
  let(:documented) do
    rows = File.readlines(File.expand_path("../../docs/operations.md", __dir__)).grep(/\A\| `karafka_/)
    rows.to_h { |row| row.split(" | ").then { |name, kind, labels| [name[/\w+/], [kind, labels.split(", ").sort]] } }
  end

  # Of each family: its kind, and the labels its series have.
  def exported(text)
    kinds = text.scan(/^# TYPE (karafka_\w+) (\w+)/).to_h
    kinds.to_h do |name, kind|
      labels = text.lines.grep(/\A#{name}(_bucket)?\{/).flat_map { |line| line.scan(/(\w+)="/) }.flatten.uniq - ["le"]
      [name, [kind, labels.sort]]
    end
  end

  it "names each metric, its kind and its labels" do
    broker("t" => 1)
    fails = controller { raise KeyError if attempt == 1 }
    setup_application { |config| config.http.bind = "127.0.0.1:0" }
    draw_topic(fails)
    listening = hear("http.listening")
    producer = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers, "message.timeout.ms" => "500")
    producer.produce_sync(topic: "t", payload: "1")
    expect { producer.produce_sync(topic: "t", payload: "x" * 2_000_000) }.to raise_error(/MSG|Size/)
    text = nil
    serving do
      wait_until("it listens") { listening.any? }
      uri = URI("http://#{listening.first[:address]}/metrics")
      wait_until("it was consumed") do
        text = Net::HTTP.get(uri)
        text.include?('lag_records{group="spec_t",partition="0",topic="t"} 0')
      end
      broker.inject(kind: :broker_down, broker: 1)
      producer.produce_async(topic: "t", payload: "2", handle: false)
      wait_until("errors were told") do
        text = Net::HTTP.get(uri)
        %w[client_errors producer_errors producer_failed_records].all? { |name| text.include?("karafka_#{name}_total") }
      end
    end
    # Nothing was committed yet: there is no such offset.
    expect(exported(text).merge("karafka_consumer_committed_offset" => documented["karafka_consumer_committed_offset"]))
      .to eq(documented)
  ensure
    producer.close(0)
  end
end
