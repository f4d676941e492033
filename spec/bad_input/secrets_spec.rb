# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that no error about settings or routes shows a secret, wherever it was written by mistake.
RSpec.describe "Bad input: secrets" do
  include_context "with a fresh app"

  let(:config) { Karafka::App.config }

  # What was done; nothing of it may be in the text, nor in what error trackers make of the error.
  {
    "a password of another type" => -> { config.kafka.sasl_plain_password = { geheim: 1 } },
    "a password with a NUL byte" => -> { config.kafka.sasl_scram_password = "geheim\0" },
    "a password that is not UTF-8" => -> { config.kafka.sasl_scram_password = "geheim\xFF" },
    "a key in place of a certificate" => -> { config.kafka.ssl_client_cert = ["-----BEGIN KEY-----geheim"] },
    "a key where a path belongs" => -> { config.kafka.ssl_ca_cert_file_path = ["-----BEGIN PRIVATE KEY-----geheim"] },
    "a user and a password in an address" => -> { config.kafka.seed_brokers = "kafka://me:geheim@h:9092" },
    "a password with slashes in an address" => -> { config.kafka.seed_brokers = ["ssl://me:ge/geheim@h:9092"] },
    "a password in an address without scheme" => -> { config.kafka.seed_brokers = "me:geheim@h:9092,h2:1" },
    "properties in an Array" => -> { config.kafka.librdkafka = [{ "sasl.password" => "geheim" }] },
    "properties as pairs" => -> { config.kafka.librdkafka = [["ssl.key.password", "geheim"]] },
    "properties as a String" => -> { config.kafka.librdkafka = "sasl.password=geheim" },
    "an owned property with a secret" => -> { config.kafka.librdkafka = { "transactional.id" => "password=geheim" } },
    "a misspelt password" => -> { config.kafka.sasl_plain_pasword = "geheim" },
    "a password by half a name" => -> { config.kafka.sasl_plain_pass = "geheim" },
    "a key by a wrong name" => -> { config.kafka.ssl_client_cert_kye = "geheim" },
    "a passphrase" => -> { config.kafka.ssl_passphrase = "geheim" },
    "a JAAS line" => -> { config.kafka.sasl_jaas_config = "Module required username=\"me\" password=\"geheim\";" },
    "a JAAS line by another name" => -> { config.kafka.sasl_config = "Module required password='geheim';" },
    "a private key by an unknown name" => -> { config.kafka.zzz = "-----BEGIN RSA PRIVATE KEY-----geheim" },
    "a misspelt password in a group" => -> { draw(group: proc { sasl_plain_pasword "geheim" }) },
    "a password in a group" => -> { draw(group: proc { sasl_plain_password [:geheim] }) },
    "an address in a group" => -> { draw(group: proc { seed_brokers "kafka://me:geheim@h" }) },
    "properties in a group" => -> { draw(group: proc { librdkafka [{ "sasl.password" => "geheim" }] }) },
    "a password in WaterDrop" => -> { WaterDrop.setup { |it| it.kafka.sasl_plain_password = [:geheim] } },
    "a misspelt password in WaterDrop" => -> { WaterDrop.setup { |it| it.kafka.sasl_plain_pasword = "geheim" } }
  }.each do |what, mistake|
    it "are not shown: #{what}" do
      error = raised do
        instance_exec(&mistake)
        Karafka::App.boot!
      end
      expect(error).to be_a(Karafka::Errors::InvalidConfiguration).or be_a(Karafka::Errors::UnknownSetting)
        .or be_a(WaterDrop::Errors::InvalidConfiguration)
      said = [error.message, error.full_message, error.inspect, *(error.problems if error.respond_to?(:problems))]
      expect(said.map(&:inspect).join).not_to include("geheim")
      expect(error.message).to include("[hidden]")
    end
  end

  # The other half: what hides everything would pass above.
  {
    "user names" => [-> { config.kafka.sasl_plain_username = [:visible] }, "[:visible]"],
    "principals" => [-> { config.kafka.sasl_gssapi_principal = [:"kafka/host@VISIBLE"] }, "kafka/host@VISIBLE"],
    "addresses" => [-> { config.kafka.seed_brokers = "http://visible:9092" }, "http://visible:9092"],
    "client ids" => [-> { config.client_id = "in visible" }, '"in visible"'],
    "properties" => [-> { config.kafka.librdkafka = { "group.id" => "visible" } }, '"visible"']
  }.each do |what, (mistake, shown)|
    it "are not #{what}, which are shown" do
      instance_exec(&mistake)
      expect(raised { Karafka::App.boot! }.message).to include(shown)
    end
  end
end
