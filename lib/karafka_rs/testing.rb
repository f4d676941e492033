# frozen_string_literal: true

# Owns the name by which specs ask for the test kit. Must not start recording by itself.
require "karafka_rs"
require "karafka/testing"
