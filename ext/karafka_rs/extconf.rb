# frozen_string_literal: true

# Writes the Makefile that compiles the Rust extension, for `gem install` and for
# `rake compile`. Which Cargo features: see cargo_features.rb.

require "mkmf"
require "rb_sys/mkmf"
require_relative "cargo_features"

features = CargoFeatures.chosen(arguments: ARGV)
unless features.include?("ssl")
  message "karafka_rs is being built WITHOUT TLS (encrypted brokers will be refused): OpenSSL was turned off, or\n" \
          "not found by pkg-config. Install pkg-config and libssl-dev (openssl-devel) and install the gem again.\n"
end

# rb_sys would hand what is left of the command line to cargo, `rake --trace` included.
ARGV.clear

# An installed gem compiles what it was tested with. A checkout may be ahead of its lock.
checkout = File.exist?(File.expand_path("../../.git", __dir__))

create_rust_makefile("karafka_rs/karafka_rs_ext") do |config|
  config.features = features
  # RubyGems sets it to the current time, and then C libraries are never the same twice:
  # a checkout and an installed gem could not share what cargo compiled.
  config.env = { "SOURCE_DATE_EPOCH" => "315532800" }
  config.extra_cargo_args = ["--locked"] unless checkout
end
