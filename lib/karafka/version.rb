# frozen_string_literal: true

# Owns the version number; read by the gemspec, so it must not require anything.
module Karafka
  # Version of the gem (semantic versioning).
  VERSION = "0.1.0"
end
