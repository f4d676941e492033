# frozen_string_literal: true

# The name applications of WaterDrop 1.0 require.
require_relative "karafka_rs"
