# frozen_string_literal: true

# Owns the part of the librdkafka translation that consumers and producers share: brokers, sockets, TLS, SASL.
# Pure; called by librdkafka.rb only.
module Karafka
  module Setup
    module Librdkafka
      # @api private
      module Connection
        TLS_SETTINGS = %i[
          ssl_ca_cert ssl_ca_cert_file_path ssl_ca_certs_from_system ssl_client_cert ssl_client_cert_key
        ].freeze

        class << self
          # @param source [#seed_brokers] group, `config.kafka` or WaterDrop's `config.kafka`
          # @return [Hash{String => Object}]
          def properties(source)
            brokers = Brokers.new(source.seed_brokers)
            tls = brokers.tls? || TLS_SETTINGS.any? { |name| source.public_send(name) }
            sasl = sasl(source)
            {
              "bootstrap.servers" => brokers.addresses.join(","),
              "security.protocol" => protocol(tls, sasl.any?),
              # Librdkafka accepts no less than a second.
              "socket.connection.setup.timeout.ms" => [Librdkafka.ms(source.connect_timeout), 1000].max,
              "socket.timeout.ms" => Librdkafka.ms(source.socket_timeout),
              "reconnect.backoff.max.ms" => Librdkafka.ms(source.reconnect_timeout).clamp(1, 3_600_000),
              "reconnect.backoff.ms" => Librdkafka.ms(source.reconnect_timeout).clamp(1, 100)
            }.merge(tls ? tls(source) : {}, sasl)
          end

          private

          def protocol(tls, sasl)
            return tls ? "sasl_ssl" : "sasl_plaintext" if sasl

            tls ? "ssl" : "plaintext"
          end

          def tls(source)
            {
              "ssl.ca.pem" => source.ssl_ca_cert,
              "ssl.ca.location" => source.ssl_ca_cert_file_path || ("probe" if source.ssl_ca_certs_from_system),
              "ssl.certificate.pem" => source.ssl_client_cert,
              "ssl.key.pem" => source.ssl_client_cert_key,
              "ssl.key.password" => source.ssl_client_cert_key_password,
              "ssl.endpoint.identification.algorithm" => source.ssl_verify_hostname ? "https" : "none"
            }
          end

          # One mechanism can be in use; the order is the one of the driver of Karafka 1.1.
          def sasl(source)
            return gssapi(source) if source.sasl_gssapi_principal
            return plain(source) if source.sasl_plain_username && source.sasl_plain_password
            return scram(source) if source.sasl_scram_username && source.sasl_scram_password

            {}
          end

          def gssapi(source)
            {
              "sasl.mechanisms" => "GSSAPI",
              "sasl.kerberos.principal" => source.sasl_gssapi_principal,
              "sasl.kerberos.keytab" => source.sasl_gssapi_keytab
            }
          end

          def plain(source)
            credentials("PLAIN", source.sasl_plain_username, source.sasl_plain_password)
          end

          def scram(source)
            mechanism = source.sasl_scram_mechanism == "sha512" ? "SCRAM-SHA-512" : "SCRAM-SHA-256"
            credentials(mechanism, source.sasl_scram_username, source.sasl_scram_password)
          end

          def credentials(mechanism, username, password)
            { "sasl.mechanisms" => mechanism, "sasl.username" => username, "sasl.password" => password }
          end
        end
      end
    end
  end
end
