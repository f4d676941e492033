# frozen_string_literal: true

require "openssl"

# Owns certificates that are good for an example: an authority, and a broker's certificate signed by it. Pure.
class Certificates
  DAY = 86_400

  # @return [String] PEM
  attr_reader :authority, :certificate, :key

  # @param name [String] address of the broker, as clients write it
  def initialize(name = "127.0.0.1")
    ca_key = OpenSSL::PKey::RSA.new(2048)
    ca = build("/CN=spec authority", ca_key.public_key, "basicConstraints" => "CA:TRUE", "keyUsage" => "keyCertSign")
    ca.sign(ca_key, "SHA256")

    broker_key = OpenSSL::PKey::RSA.new(2048)
    broker = build("/CN=#{name}", broker_key.public_key, "subjectAltName" => "IP:#{name}", issuer: ca.subject)
    broker.sign(ca_key, "SHA256")

    @authority = ca.to_pem
    @certificate = broker.to_pem
    @key = broker_key.private_to_pem
  end

  private

  def build(subject, public_key, extensions = {}, issuer: nil, **more)
    OpenSSL::X509::Certificate.new.tap do |it|
      it.version = 2
      it.serial = rand(1..2**32)
      it.subject = OpenSSL::X509::Name.parse(subject)
      it.issuer = issuer || it.subject
      it.public_key = public_key
      it.not_before = Time.now - DAY
      it.not_after = Time.now + DAY
      factory = OpenSSL::X509::ExtensionFactory.new
      extensions.merge(more).each { |name, value| it.add_extension(factory.create_extension(name, value, true)) }
    end
  end
end
