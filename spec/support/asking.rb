# frozen_string_literal: true

require "json"
require "net/http"
require_relative "waiting"

# Owns asking a server about itself over HTTP. Examples that do say by `endpoint` where it listens.
module Asking
  include Waiting

  # Asked again until the server listens.
  # @param seconds [Numeric] that an answer may take
  # @return [Net::HTTPResponse]
  def get(path, seconds: 5)
    wait_until("an answer to #{path}") do
      host, _, port = endpoint.to_s.rpartition(":")
      Net::HTTP.start(host, port, open_timeout: seconds, read_timeout: seconds) { |http| http.get(path) } if port != ""
    rescue Errno::ECONNREFUSED
      nil
    end
  end

  # @return [Array<String>, nil] what /live or /ready finds wrong
  def problems(path)
    JSON.parse(get(path).body)["problems"]
  end

  # @return [Hash{String => String}] values by series
  def metrics
    get("/metrics").body.lines(chomp: true).grep_v(/\A#/).to_h { |line| line.split(/ (?=[^ ]+\z)/) }
  end
end
