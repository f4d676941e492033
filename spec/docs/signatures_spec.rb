# frozen_string_literal: true

require "spec_helper"
require "open3"
require "karafka_rs/testing"
require_relative "signatures"

# The signatures are those of the gem that is loaded.
RSpec.describe "sig" do
  signatures = Signatures.new

  it "is valid" do
    libraries = Signatures.libraries.flat_map { |name| ["-r", name] }
    # Some versions raise or exit, others answer with a number.
    validate = "code = RBS::CLI.new(stdout: $stdout, stderr: $stderr).run(ARGV); exit(code) if code.is_a?(Integer)"
    output, status = Open3.capture2e(RbConfig.ruby, "-rrbs", "-rrbs/cli", "-e", validate, "--", *libraries,
                                     "-I", Signatures::FOLDER.to_s, "validate")
    expect(status).to be_success, output
  end

  it "says nothing that the gem does not have, or not like that" do
    expect(signatures.wrong).to eq []
  end

  it "leaves out no public method of its classes" do
    expect(signatures.missing).to eq []
  end

  it "is about everything that applications name" do
    expect(signatures.names).to include(
      *%w[App BaseController BaseResponder Producer Native::Delivery EmbeddedBroker Monitor Process Server Status
          Params::Params Params::ParamsBatch Params::IndifferentHash Controllers::Callbacks Controllers::Partition
          Routing::Builder Routing::ConsumerGroup Routing::Topic Setup::Config Testing Testing::Kafka
          Testing::Session Tracing Tracing::TraceContext].map { |name| "Karafka::#{name}" },
      *%w[WaterDrop WaterDrop::SyncProducer WaterDrop::AsyncProducer WaterDrop::Config]
    )
    errors = [Karafka::Errors, WaterDrop::Errors].flat_map do |all|
      all.constants.map { |name| all.const_get(name).name }
    end
    expect(errors - signatures.names).to eq []
  end

  it "compares arguments too" do
    parameters = ->(first, *rest, key: 1) { [first, rest, key] }.parameters
    function = RBS::Parser.parse_method_type("() -> void").type
    expect(signatures.send(:accepts?, parameters, function)).to be false
    function = RBS::Parser.parse_method_type("(String, Integer, ?other: String) -> void").type
    expect(signatures.send(:accepts?, [%i[req a], %i[key key]], function)).to be false
    function = RBS::Parser.parse_method_type("(String, ?key: String) -> void").type
    expect(signatures.send(:accepts?, parameters, function)).to be true
  end
end
