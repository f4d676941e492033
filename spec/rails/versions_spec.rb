# frozen_string_literal: true

require "rails"

# Which Ruby and Rails the examples of this folder ran on is told once, so that nobody has to guess from a log.
RSpec.describe "The gem beside Rails" do
  before(:all) { RSpec.configuration.reporter.message("Ruby #{RUBY_VERSION}, Rails #{Rails.version}") }

  it "is tried on a Rails that is supported" do
    expect(Gem::Version.new(Rails.version)).to be >= Gem::Version.new("6.1")
  end

  # Every framework of Rails at once: all that it adds to Ruby's own classes is there.
  [%w[karafka_rs rails/all], %w[rails/all karafka_rs]].each do |first, second|
    it "sends a record when #{first} is loaded before #{second}" do
      broker = Karafka::EmbeddedBroker.start
      ended = start_child([*Children::RUBY, "-e", <<~RUBY, first, second, broker.bootstrap_servers]).finish
        require "logger" # Rails 6.1 and 7.0 forget to
        ARGV.shift(2).each { |name| require name }
        Karafka::App.setup do |config|
          config.client_id = "beside"
          config.kafka.seed_brokers = ARGV
        end
        Karafka::App.boot!
        report = Karafka.producer.produce_sync(topic: "orders", payload: { total: 7.5 }.to_json)
        puts [Rails.version, report.offset].join(" ")
      RUBY
      expect(ended).to have_attributes(code: 0, out: ["#{Rails.version} 0"], err: "")
    ensure
      broker&.close
    end
  end
end
