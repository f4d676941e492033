# frozen_string_literal: true

require "spec_helper"
require_relative "../../rakelib/docs/logging"

# The table of levels is the listener's own; what the guide shows is run by guides_spec.rb.
RSpec.describe "docs/logging.md" do
  let(:logging) { Docs::Logging.new }

  it "is what `rake docs` writes" do
    expect(File.read(Docs::Logging::PATH) == logging.text).to be(true), "docs/logging.md is stale; run `rake docs`"
  end

  it "has each event that has a line, and no other" do
    listener = Karafka::Instrumentation::LogListener
    told = Karafka::Instrumentation::EVENTS.keys.select { |event| listener.respond_to?(:"on_#{event.tr(".", "_")}") }
    expect(logging.levels.keys).to eq told
    expect(logging.levels).to include("worker.failed" => [:error], "connection.log" => %i[debug warn])
  end
end
