# frozen_string_literal: true

require "ipaddr"

# Owns the rules for `config.http`. Runs while the process boots. Whether the port is free is known only when the
# server listens.
module Karafka
  module Setup
    # @api private
    class HttpContract
      # A host or an IPv6 address in brackets, and a port.
      ADDRESS = /\A(?:\[(?<host6>[0-9a-fA-F:.]+)\]|(?<host>[\w.-]+)):(?<port>\d{1,5})\z/
      EXAMPLE = 'set it to "127.0.0.1:9394"'
      private_constant :ADDRESS, :EXAMPLE

      # @param http [HttpSettings]
      # @param problems [Problems]
      def initialize(http, problems)
        @http = http
        @problems = problems
      end

      # @return [void]
      def check
        publicity = [true, false].include?(@http.public)
        @problems.add("http.public", @http.public, "must be true or false", "set it to true") unless publicity
        bind = @http.bind
        return if bind.nil?

        address = bind.is_a?(String) && bind.valid_encoding? ? ADDRESS.match(bind) : nil
        return @problems.add("http.bind", bind, "must be a host and a port, or nil", EXAMPLE) unless possible?(address)
        return if @http.public == true || own?(address[:host6] || address[:host])

        @problems.add("http.bind", bind, "can be reached from other machines",
                      "#{EXAMPLE}, or set http.public to true if that is meant")
      end

      private

      def possible?(address)
        address && address[:port].to_i <= 65_535
      end

      # Of this machine alone.
      def own?(host)
        host == "localhost" || IPAddr.new(host).loopback?
      rescue IPAddr::Error
        false
      end
    end
  end
end
