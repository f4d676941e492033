# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that no wrong value of a setting gets past `boot!` and `WaterDrop.setup`: each is refused in one line
# with its path, the value and the cure; what is secret stays so; all that is wrong is told at once.
RSpec.describe "Bad input: settings" do
  include_context "with a fresh app"

  let(:config) { Karafka::App.config }
  let(:invalid) { Karafka::Errors::InvalidConfiguration }

  before do
    config.kafka.max_wait_time = 0
    WaterDrop.config.kafka.seed_brokers = "127.0.0.1:1"
  end

  # Where to write settings of each level, how to have them checked, and what is raised then.
  def level(name)
    {
      root: [config, -> { Karafka::App.boot! }, invalid],
      kafka: [config.kafka, -> { Karafka::App.boot! }, invalid],
      log: [config.log, -> { Karafka::App.boot! }, invalid],
      waterdrop: [WaterDrop.config, -> { WaterDrop.setup }, WaterDrop::Errors::InvalidConfiguration],
      "waterdrop kafka": [WaterDrop.config.kafka, -> { WaterDrop.setup }, WaterDrop::Errors::InvalidConfiguration]
    }.fetch(name)
  end

  def refuse(level, name, value, *parts)
    settings, check, error_class = level(level)
    settings.public_send(:"#{name}=", value)
    refused(error_class, *parts, &check)
  end

  # Librdkafka would take what is beyond its limits for another number: 2**32 milliseconds more are none.
  {
    root: { concurrency: [1, 1_000], max_messages: [1, 2_147_483_647], shutdown_timeout: [0, 31_536_000] },
    kafka: {
      session_timeout: [0.001, 3_600], heartbeat_interval: [0, 3_600], offset_commit_interval: [0, 86_400],
      offset_commit_threshold: [0, 2_147_483_647], max_bytes: [1, 2_147_483_135], min_bytes: [1, 100_000_000],
      pause_timeout: [0.001, 31_536_000], max_bytes_per_partition: [0, 1_000_000_000],
      connect_timeout: [0.001, 2_147_483], reconnect_timeout: [0, 3_600], socket_timeout: [0.01, 300],
      statistics_interval: [0.1, 86_400]
    },
    "waterdrop kafka": {
      max_buffer_bytesize: [1, 2_199_023_254_528], max_buffer_size: [1, 2_147_483_647], ack_timeout: [0.001, 900],
      max_queue_size: [1, 2_147_483_647], delivery_timeout: [0.001, 2_147_483], retry_backoff: [0, 300],
      delivery_threshold: [0, 1_000_000], max_retries: [0, 2_147_483_647]
    }
  }.each do |level, limits|
    limits.each do |name, (least, most)|
      beyond = least.zero? ? -1 : least / 2
      [beyond, most + 1, most + (2**32)].each do |value|
        it("refuses #{value} for #{name} of level #{level}") do
          refuse(level, name, value, "#{name} is #{value}", "from #{least} to #{most}")
        end
      end

      it "takes #{least} and #{most} for #{name} of level #{level}, and so does librdkafka" do
        settings, check, = level(level)
        [least, most].each do |value|
          settings.public_send(:"#{name}=", value)
          check.call
          type = Class.new(Karafka::BaseController)
          route = Karafka::App.consumer_groups.draw { topic(:"t#{value.to_i}") { controller type } }.last
          error = raised { Karafka::Native.positions(Karafka::Setup::Librdkafka.consumer(route), [["t", 0]], 0) }
          expect(error).to(be_a(Karafka::Errors::KafkaError).and(satisfy { |it| it.message !~ /configuration/i }))
          WaterDrop::Producers.async.close(0)
        end
      end
    end
  end

  text = "must be a String of UTF-8 without NUL bytes"
  {
    root: { client_id: "must be 1 to 249 ASCII letters" },
    kafka: {
      ssl_ca_cert_file_path: text, sasl_gssapi_principal: text, sasl_gssapi_keytab: text, sasl_plain_authzid: text
    },
    waterdrop: { client_id: "must be 1 to 249 ASCII letters" }
  }.each do |level, names|
    names.each do |name, rule|
      BadInput::TEXTS.except(*("UTF-16" if rule == text)).each do |what, (value, shown)|
        it("refuses #{what} in #{name} of level #{level}") { refuse(level, name, value, "#{name} is #{shown}", rule) }
      end
    end
  end

  %i[ssl_ca_cert ssl_ca_cert_file_path sasl_gssapi_principal sasl_gssapi_keytab].each do |name|
    ["", " \n"].each do |value|
      it("refuses #{value.inspect} for #{name}, which is an environment variable that is not set") do
        refuse(:kafka, name, value, "that is not empty")
      end
    end
  end

  {
    {} => "[0] is {} but must be a String", " " => '"" but must have a host', [{ "h" => 1 }] => "must be a String",
    "h:1,\xFF:2" => '"h:1,\xFF:2"', "h:1\nh:2" => '"h:1\nh:2"', "h:1;h:2" => '"h:1;h:2"', "h:0x1" => '"h:0x1"',
    [%w[h:1]] => '["h:1"] but must be a String', ["h:1", nil] => "[1] is nil",
    "kafka://h:1/topic" => '"kafka://h:1/topic"',
    "sasl://h:1" => "must have one of the schemes kafka, plaintext", "h:1,ssl://h:2" => "mixes addresses"
  }.each do |value, shown|
    it("refuses the brokers #{value.inspect}") { refuse(:kafka, :seed_brokers, value, "seed_brokers", shown) }
  end

  # Pairs, because some of these cannot be keys of a Hash.
  [
    [{ "" => 1 }, 'name of a property is ""'], [{ nil => 1 }, "name of a property is nil"],
    [{ 5 => 1 }, "name of a property is 5"], [{ "a\0b" => 1 }, 'is "a\u0000b"'], [{ "a b" => 1 }, 'is "a b"'],
    [{ "\xFF" => 1 }, 'is "\xFF"'], [{ "linger.ms" => [] }, '["linger.ms"] is []'],
    [{ "linger.ms" => "1\0" }, '"1\u0000"'], [{ "linger.ms" => Float::NAN }, "is NaN"],
    [{ "linger.ms" => BadInput::Refusing.new }, "#<BadInput::Refusing>"],
    [{ "linger.ms": BadInput::Blank.new }, '["linger.ms"] is #<BadInput::Blank>'],
    [{ "client.id": "x" }, 'librdkafka["client.id"] is "x"'], ["linger.ms", "must be a Hash"]
  ].each do |value, shown|
    it("refuses the properties #{BadInput.label(value)}") { refuse(:kafka, :librdkafka, value, "librdkafka", shown) }
  end

  [
    [{ "worker.faile" => :debug }, 'is "worker.faile" but must be one of', "did you mean worker.failed?"],
    [{ "worker.failed": :debug }, "is :\"worker.failed\"", 'write "worker.failed"'],
    [{ 5 => :debug }, "event is 5", 'write "worker.failed"'], [{ nil => :debug }, "event is nil"],
    [{ "worker.failed" => "debug" }, 'log.levels["worker.failed"] is "debug" but must be :debug, :info'],
    [{ "worker.failed" => nil }, 'log.levels["worker.failed"] is nil', ":off; set it to :debug"],
    [{ "worker.failed" => BadInput::Blank.new }, '["worker.failed"] is #<BadInput::Blank>']
  ].each do |value, *shown|
    it("refuses the levels #{BadInput.label(value)}") { refuse(:log, :levels, value, *shown) }
  end

  {
    root: Karafka::Setup::Config, kafka: Karafka::Setup::KafkaSettings, log: Karafka::Setup::LogSettings,
    waterdrop: WaterDrop::Config, "waterdrop kafka": WaterDrop::KafkaSettings
  }.each do |level, type|
    describe "of level #{level}" do
      # Has a meaning of its own there, and no limit that we know.
      takes = { offset_retention_time: ["a negative number", "2**64"] }
      takes.default = []

      type.defaults.each_key do |name|
        it "refuses each odd value of #{name}" do
          settings, check, error_class = level(level)
          BadInput::ODD.except(*takes[name]).each_value do |value, shown|
            settings.public_send(:"#{name}=", value)
            # The only settings that may come several at once.
            shown = "" if value.equal?(BadInput::RECURSIVE) && name == :seed_brokers
            shown = "" if Karafka::Setup::Problems::SECRET.match?(name.to_s)
            error = raised { check.call }
            expect(error&.class).to(eq(error_class), "#{shown}: #{error.inspect[0, 300]}")
            line = error.problems.map(&:to_s).find { |shown_line| shown_line.match?(/\b#{name}\b/) }
            expect(line).to include(shown).and match(/ is .+ but .+; \S/)
            expect(line.lines.size).to eq 1
          end
        end

        it "names #{name} when its lambda raises" do
          settings, check, error_class = level(level)
          settings.public_send(:"#{name}=", -> { raise "no such\nthing" })
          error = raised { check.call }
          expect(error&.class).to(eq(error_class), error.inspect[0, 300])
          expect(error.problems.map(&:to_s)).to include(
            match(/\b#{name} is .* raised RuntimeError when it was read \(no such\); mend it, or set the value/)
          )
        end
      end
    end
  end
end
