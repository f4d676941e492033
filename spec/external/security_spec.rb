# frozen_string_literal: true

require_relative "support/ring"
require_relative "support/certificates"

# Owns the proof that TLS and SCRAM work, and that what is wrong with them is said in one line while it is tried on.
RSpec.describe "A broker that wants" do
  let(:group) { Cluster.unique("group") }
  let(:broker) { own_broker(durable: true) }

  # Prepared without locks, then locked.
  def lock(*options, users: {})
    topic = broker && create_topic(1)
    users.each { |mechanism, password| broker.create_user(mechanism, password, mechanism) }
    relock(*options)
    topic
  end

  def relock(*options)
    broker.kill
    broker.start(*options)
  end

  def tls_options(certificates)
    { "cert" => certificates.certificate, "key" => certificates.key }.flat_map do |name, pem|
      ["--#{name}", broker.write("#{name}.pem", pem)]
    end
  end

  # A member that logs to where we read.
  def secured(topic, settings)
    lines = settings.map { |name, value| "config.kafka.#{name} = #{value.inspect}" }
    member(topic, group, SETTINGS: [*lines, "config.logger = Logger.new($stdout)"].join("\n"))
  end

  def send_secured(topic, payload, settings)
    WaterDrop.setup do |config|
      config.client_id = "spec"
      config.kafka.seed_brokers = servers
      settings.each { |name, value| config.kafka.public_send(:"#{name}=", value) }
    end
    WaterDrop::SyncProducer.call(payload, topic: topic)
  end

  def expect_quick_stop(process)
    begun = now
    process.signal("TERM")
    ended = process.finish
    expect([ended.code, ended.err]).to eq([0, ""])
    expect(now - begun).to be < 3
  end

  describe "TLS" do
    let(:certificates) { Certificates.new }
    let(:settings) { { ssl_ca_cert: certificates.authority } }
    let(:untrusted) { /certificate verify failed.*check kafka\.ssl_ca_cert .*the host, it is tried on\z/ }

    it "has it, by the authority's text or by its file" do
      topic = lock(*tls_options(certificates))
      path = broker.write("ca.pem", certificates.authority)
      send_secured(topic, "1", ssl_ca_cert_file_path: path)
      process = secured(topic, settings)
      process.line("0 0 1")
      expect(process.lines.grep(/error/)).to eq([])
      expect_quick_stop(process)
    end

    it "is told of by name when its authority is not ours, and is tried on until it is" do
      topic = lock(*tls_options(Certificates.new))
      process = secured(topic, settings)
      expect(process.line(/ERROR.*_SSL/)).to match(untrusted)
      expect_quick_stop(process)

      process = secured(topic, settings)
      process.line(/ERROR.*_SSL/)
      relock(*tls_options(certificates))
      send_secured(topic, "1", settings)
      process.line("0 0 1")
      expect_quick_stop(process)
    end

    it "is told of by name when its certificate is another host's" do
      topic = lock(*tls_options(certificates))
      # The certificate names the address, not this.
      settings[:seed_brokers] = "localhost:#{servers[/\d+\z/]}"
      process = secured(topic, settings)
      expect(process.line(/ERROR.*_SSL/)).to match(untrusted)
      expect_quick_stop(process)

      settings[:ssl_verify_hostname] = false
      process = secured(topic, settings)
      send_secured(topic, "1", settings)
      process.line("0 0 1")
      expect_quick_stop(process)
    end
  end

  %w[256 512].each do |bits|
    describe "SCRAM-SHA-#{bits}" do
      let(:mechanism) { "scram#{bits}" }
      let(:settings) do
        { sasl_scram_username: mechanism, sasl_scram_password: "right", sasl_scram_mechanism: "sha#{bits}" }
      end

      it "has it" do
        topic = lock("--authentication", users: { mechanism => "right" })
        send_secured(topic, "1", settings)
        process = secured(topic, settings)
        process.line("0 0 1")
        expect(process.lines.grep(/error/)).to eq([])
        expect_quick_stop(process)
      end

      it "says in one line what to mend when the password is wrong, and is tried on until it is right" do
        topic = lock("--authentication", users: { mechanism => "other" })
        process = secured(topic, settings)
        told = process.line(/ERROR.*_AUTHENTICATION/)
        expect(told).to match(/SCRAM.*check kafka\.sasl_\* .*password\), it is tried on\z/)
        expect(told).not_to include("right")
        expect_quick_stop(process)

        process = secured(topic, settings)
        process.line(/ERROR.*_AUTHENTICATION/)
        relock
        broker.create_user(mechanism, "right", mechanism)
        relock("--authentication")
        send_secured(topic, "1", settings)
        process.line("0 0 1")
        expect_quick_stop(process)
      end
    end
  end

  it "SCRAM inside TLS has both" do
    certificates = Certificates.new
    topic = lock("--authentication", *tls_options(certificates), users: { "scram512" => "right" })
    settings = { sasl_scram_username: "scram512", sasl_scram_password: "right", sasl_scram_mechanism: "sha512",
                 ssl_ca_cert: certificates.authority }
    send_secured(topic, "1", settings)
    process = secured(topic, settings)
    process.line("0 0 1")
    expect_quick_stop(process)
  end
end
