# frozen_string_literal: true

require "spec_helper"

# The guide to errors tells of each class there is, and of no other.
RSpec.describe "docs/errors.md" do
  text = File.read(File.expand_path("../../docs/errors.md", __dir__))

  [Karafka::Errors, WaterDrop::Errors].each do |errors|
    it "tells of each class of #{errors}" do
      table = text[/^## All classes: `#{errors}`\n(.*?)(?=^## |\z)/m, 1]
      told = table.scan(/^\| `(\w+)` \|/).flatten
      # Second names of the same class are not counted.
      classes = errors.constants.select do |name|
        type = errors.const_get(name)
        type.is_a?(Class) && type.name == "#{errors}::#{name}"
      end
      expect(told).to match_array(classes.map(&:to_s))
    end
  end

  it "tells of events that exist" do
    named = text.scan(/`((?:worker|connection|producer|server|error)\.[a-z_]+)`/).flatten
    expect(named).not_to be_empty
    expect(named - Karafka::Instrumentation::EVENTS.keys).to eq []
  end
end
