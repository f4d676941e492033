# frozen_string_literal: true

require "json"
require "net/http"
require "open3"
require "yaml"
require_relative "server_process"

# Owns how Prometheus is called: it asks one server of ours each second, with the alert rules of this repository.
class Prometheus < ServerProcess
  NAME = "prometheus"
  INSTALLED = "prometheus/usr/bin/prometheus"
  RULES = File.expand_path("../../../monitoring/alerts.yml", __dir__)

  # @return [String, nil] why it cannot be used
  def self.missing
    "no prometheus on PATH nor in tmp/tools: run bin/setup --external" unless program
  end

  # @param text [String] of `/metrics`
  # @return [Array(String, Process::Status)] what promtool says of it
  def self.check(text)
    Open3.capture2e(File.join(File.dirname(program), "promtool"), "check", "metrics", stdin_data: text)
  end

  # @param target [String] address of the server
  def initialize(target)
    @target = target
    super()
  end

  # @return [Array<Hash>] the series of an expression: "metric" and "value"
  def query(expression)
    ask("query", query: expression).fetch("result")
  end

  # @return [Array<Hash>] the rules, as it evaluated them
  def rules
    ask("rules").fetch("groups").flat_map { |group| group.fetch("rules") }
  end

  private

  # It listens before it can be asked.
  def answers?
    super && Net::HTTP.get_response(URI("http://#{servers}/-/ready")).code == "200"
  end

  def ask(path, **words)
    uri = URI("http://#{servers}/api/v1/#{path}")
    uri.query = URI.encode_www_form(words)
    JSON.parse(Net::HTTP.get(uri)).fetch("data")
  end

  def command
    settings = {
      "global" => { "scrape_interval" => "1s", "evaluation_interval" => "1s" },
      "rule_files" => [RULES],
      "scrape_configs" => [{ "job_name" => "karafka", "static_configs" => [{ "targets" => [@target] }] }]
    }
    ["--config.file=#{write("prometheus.yml", settings.to_yaml)}", "--storage.tsdb.path=#{@folder}/data",
     "--web.listen-address=#{servers}"]
  end
end
