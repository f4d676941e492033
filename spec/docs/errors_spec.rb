# frozen_string_literal: true

require "spec_helper"

# The guide to errors tells of each class there is, and of no other.
RSpec.describe "docs/errors.md" do
  text = File.read(File.expand_path("../../docs/errors.md", __dir__))

  [Karafka::Errors, WaterDrop::Errors].each do |errors|
    it "tells of each class of #{errors}" do
      table = text[/^## All classes: `#{errors}`\n(.*?)(?=^## |\z)/m, 1]
      told = table.scan(/^\| `(\w+)` \|/).flatten
      # Second names for the same class are not counted.
      classes = errors.constants.map { |name| errors.const_get(name) }.grep(Class).uniq.select { |it| it <= Exception }
      expect(told).to match_array(classes.map { |type| type.name.delete_prefix("#{errors}::") })
    end
  end

  it "tells of events that exist" do
    named = text.scan(/`((?:worker|connection|producer|server|error)\.[a-z_]+)`/).flatten
    expect(named).not_to be_empty
    expect(named - Karafka::Instrumentation::EVENTS.keys).to eq []
  end
end
