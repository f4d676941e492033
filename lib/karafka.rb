# frozen_string_literal: true

# The name applications of Karafka 1.1 require.
require_relative "karafka_rs"
