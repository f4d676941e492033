# frozen_string_literal: true

# Owns the check that this gem is alone: it defines the same constants as the `karafka` and `waterdrop` gems, and
# loading both would mix two frameworks without a word. Runs once, first thing; must not require anything.
module Karafka
  # @api private
  module Conflicts
    GEMS = %w[karafka waterdrop].freeze

    # @param loaded [Hash{String => Object}] active gems by name
    # @raise [RuntimeError] when one of the gems is active
    def self.check!(loaded = Gem.loaded_specs)
      found = GEMS & loaded.keys
      return if found.empty?

      raise "karafka_rs cannot be loaded together with the gems karafka or waterdrop (active: #{found.join(", ")}): " \
            "both define Karafka and WaterDrop; take #{found.join(" and ")} out of the Gemfile"
    end
  end
end
