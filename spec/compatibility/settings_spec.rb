# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that every setting of Karafka 1.1 can be read and written where 1.1 had it, in its unit, and reaches
# librdkafka.
RSpec.describe "Settings of Karafka 1.1" do
  include_context "with a fresh app"

  # Setting => default of 1.1, another value. Where our default is another one, docs/compatibility.md says why.
  root = {
    backend: [:inline, :sidekiq], batch_fetching: [true, false], batch_consuming: [false, true],
    persistent: [true, false], client_id: ["example_app", "other"], logger: [nil, Logger.new(nil)],
    monitor: [nil, Class.new(Karafka::Monitor).instance], parser: [Karafka::Parsers::Json, Module.new],
    consumer_mapper: [Karafka::Routing::ConsumerMapper, Module.new],
    topic_mapper: [Karafka::Routing::TopicMapper, Module.new]
  }.freeze

  # The settings that a group may have too.
  shared = {
    session_timeout: [30, 6.5], heartbeat_interval: [10, 2], offset_commit_interval: [10, 0],
    offset_commit_threshold: [0, 30], offset_retention_time: [nil, 3600], min_bytes: [1, 2], max_wait_time: [nil, 5],
    automatically_mark_as_consumed: [true, false], pause_timeout: [10, 1], reconnect_timeout: [5, 1],
    connect_timeout: [10, 3], socket_timeout: [30, 20], seed_brokers: [nil, %w[kafka+ssl://h:9093]],
    ssl_ca_cert: [nil, "PEM"], ssl_ca_cert_file_path: [nil, "ca.pem"], ssl_client_cert: [nil, "PEM"],
    ssl_client_cert_key: [nil, "PEM"], sasl_plain_authzid: ["", "me"], sasl_plain_username: [nil, "me"],
    sasl_plain_password: [nil, "pw"], sasl_gssapi_principal: [nil, "me@REALM"], sasl_gssapi_keytab: [nil, "keytab"]
  }.freeze

  of_topics = { start_from_beginning: [true, false], max_bytes_per_partition: [1_048_576, 5] }.freeze

  # What belongs together must come together.
  pairs = {
    ssl_client_cert: { ssl_client_cert_key: "PEM" }, ssl_client_cert_key: { ssl_client_cert: "PEM" },
    sasl_plain_username: { sasl_plain_password: "pw" }, sasl_plain_password: { sasl_plain_username: "me" }
  }.freeze

  let(:config) { Karafka::App.config }

  root.each do |name, (default, value)|
    it "has config.#{name}" do
      expect(config.public_send(name)).to eq(default) if default
      Karafka::App.setup { |settings| settings.public_send(:"#{name}=", value) }
      expect(config.public_send(name)).to eq(value)
    end
  end

  shared.merge(of_topics).each do |name, (default, value)|
    it "has config.kafka.#{name}" do
      expect(config.kafka.public_send(name)).to eq(default) unless %i[seed_brokers max_wait_time].include?(name)
      Karafka::App.setup { |settings| settings.kafka.public_send(:"#{name}=", value) }
      expect(config.kafka.public_send(name)).to eq(value)
    end
  end

  shared.merge(batch_fetching: [true, false]).each do |name, (_, value)|
    it "lets a group have its own #{name}, and leaves the others the root's" do
      others = pairs.fetch(name, {})
      group = draw(group: proc { { name => value, **others }.each { |word, its| public_send(word, its) } })
      expect(group.public_send(name)).to eq(value)
      type = Class.new(Karafka::BaseController)
      Karafka::App.consumer_groups.draw { topic(:solo) { controller type } }
      inherited = name == :batch_fetching ? config : config.kafka
      expect(Karafka::App.consumer_groups.last.public_send(name)).to eq(inherited.public_send(name))
    end
  end

  {
    **of_topics,
    backend: [nil, :sidekiq], batch_consuming: [nil, true], persistent: [nil, false],
    parser: [nil, Karafka::Parsers::Json.dup], responder: [nil, Class.new(Karafka::BaseResponder)]
  }.each do |name, (_, value)|
    it "lets a topic have its own #{name}" do
      topic = draw { public_send(name, value) }.topics.first
      expect(topic.public_send(name)).to eq(value)
    end
  end

  it "looks a value up: its own, the root's, the one below kafka; what was drawn stays" do
    config.kafka.session_timeout = 20
    config.batch_consuming = true
    topic = draw(group: proc { session_timeout 25 }).topics.first
    config.kafka.session_timeout = config.kafka.pause_timeout = 99
    config.batch_consuming = false
    expect(topic).to have_attributes(batch_consuming: true, start_from_beginning: true)
    expect(topic.consumer_group).to have_attributes(session_timeout: 25, pause_timeout: 10)
  end

  it "takes each setting at the lowest value that 1.1 took" do
    { heartbeat_interval: 0, offset_commit_interval: 0, offset_commit_threshold: 0, max_wait_time: 0, min_bytes: 1,
      max_bytes_per_partition: 0, reconnect_timeout: 0, connect_timeout: 0.5, socket_timeout: 1 }.each do |name, value|
      config.kafka.public_send(:"#{name}=", value)
    end
    expect { draw && Karafka::App.boot! }.not_to raise_error
    Karafka::EmbeddedBroker.start(topics: { "t" => 1 }) do |broker|
      config.kafka.seed_brokers = broker.bootstrap_servers
      Karafka::App.boot!
      expect(WaterDrop::SyncProducer.call("x", topic: "t")).to be_nil
    ensure
      WaterDrop::Producers.close(5)
    end
  end

  it "says that a topic of the Sidekiq backend is consumed in this process" do
    draw { backend :sidekiq }
    Karafka::App.boot!
    expect(log.string).to include("topic user_events: backend :sidekiq does nothing")
  end

  it "calls a Proc at each read" do
    config.logger = -> { Logger.new(IO::NULL) }
    expect(config.logger).not_to be(config.logger)
  end

  it "does not know what 1.1 did not know, at each level" do
    expect { config.celluloid = 1 }.to raise_error(NoMethodError)
    expect { config.kafka.connection_pool }.to raise_error(NoMethodError)
    expect { draw(group: proc { max_bytes_per_partition 1 }) }.to raise_error(NoMethodError)
    expect { draw { session_timeout 1 } }.to raise_error(NoMethodError)
  end

  # Seconds here, milliseconds there.
  {
    [:session_timeout, 40] => { "session.timeout.ms" => "40000" },
    [:session_timeout, 400] => { "session.timeout.ms" => "400000", "max.poll.interval.ms" => "400000" },
    [:heartbeat_interval, 2.5] => { "heartbeat.interval.ms" => "2500" },
    [:offset_commit_interval, 7] => { "auto.commit.interval.ms" => "7000", "enable.auto.offset.store" => "false" },
    [:offset_commit_interval, 0] => { "auto.commit.interval.ms" => "0" },
    [:min_bytes, 9] => { "fetch.min.bytes" => "9" },
    [:max_wait_time, 2] => { "fetch.wait.max.ms" => "2000" },
    [:reconnect_timeout, 3] => { "reconnect.backoff.max.ms" => "3000" },
    [:connect_timeout, 4] => { "socket.connection.setup.timeout.ms" => "4000" },
    [:connect_timeout, 0.2] => { "socket.connection.setup.timeout.ms" => "1000" },
    [:socket_timeout, 25] => { "socket.timeout.ms" => "25000" },
    [:max_bytes_per_partition, 77] => { "max.partition.fetch.bytes" => "77" },
    [:start_from_beginning, false] => { "auto.offset.reset" => "latest" },
    [:start_from_beginning, true] => { "auto.offset.reset" => "earliest" },
    [:seed_brokers, %w[kafka://a:1 kafka://b:2]] => { "bootstrap.servers" => "a:1,b:2",
                                                      "security.protocol" => "plaintext" },
    [:seed_brokers, %w[kafka+ssl://a:1]] => { "bootstrap.servers" => "a:1", "security.protocol" => "ssl" },
    [:ssl_ca_cert, "PEM"] => { "ssl.ca.pem" => "PEM", "security.protocol" => "ssl" },
    [:ssl_ca_cert_file_path, "x"] => { "ssl.ca.location" => "x", "security.protocol" => "ssl" },
    [:ssl_client_cert, "C"] => { "ssl.certificate.pem" => "C", "ssl.key.pem" => "PEM" },
    [:ssl_client_cert_key, "K"] => { "ssl.certificate.pem" => "PEM", "ssl.key.pem" => "K" },
    [:sasl_plain_username, "u"] => { "sasl.mechanisms" => "PLAIN", "sasl.username" => "u",
                                     "sasl.password" => "pw", "security.protocol" => "sasl_plaintext" },
    [:sasl_gssapi_principal, "p"] => { "sasl.mechanisms" => "GSSAPI", "sasl.kerberos.principal" => "p" },
    [:client_id, "shop"] => { "client.id" => "shop", "group.id" => "shop_events" }
  }.each do |(name, value), properties|
    it "tells librdkafka #{name} #{value.inspect} as #{properties}" do
      node = config.setting?(name) ? config : config.kafka
      { name => value, **pairs.fetch(name, {}) }.each { |word, its| node.public_send(:"#{word}=", its) }
      expect(Karafka::Setup::Librdkafka.consumer(draw)).to include(properties)
    end
  end

  it "keeps round robin for a fleet that has it" do
    config.kafka.librdkafka = { "partition.assignment.strategy" => "roundrobin" }
    expect(Karafka::Setup::Librdkafka.consumer(draw)).to include("partition.assignment.strategy" => "roundrobin")
  end
end
