# frozen_string_literal: true

# What the gem is and which files are in it. The list is checked both ways by
# `rake package:check`.

require_relative "lib/karafka/version"

Gem::Specification.new do |spec|
  spec.name = "karafka_rs"
  spec.version = Karafka::VERSION
  spec.authors = ["karafka_rs contributors"]
  spec.summary = "Karafka's API on a Rust core: consume and produce Kafka records in Ruby, fast"
  spec.description = <<~TEXT
    A framework for Kafka applications in Ruby: routing, controllers, responders and
    producers as in Karafka 1.1, with fetching, batching, offsets and delivery done in Rust
    on librdkafka, outside Ruby's lock.
  TEXT
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"
  spec.metadata["rubygems_mfa_required"] = "true"
  # Which of the workspace's crates becomes the extension; rb_sys reads it.
  spec.metadata["cargo_crate_name"] = "karafka_rs_ext"

  spec.files = Dir.chdir(__dir__) do
    Dir[
      "Cargo.{toml,lock}",
      "src/**/*.rs",
      "ext/karafka_rs/*.{rb,toml,md}",
      "ext/karafka_rs/src/**/*.rs",
      "lib/**/*.{rb,erb}",
      "exe/*",
      "sig/**/*.{rbs,yaml}",
      "README.md", "CHANGELOG.md", "LICENSE"
    ]
  end
  spec.bindir = "exe"
  spec.executables = ["karafka"]
  spec.require_paths = ["lib"]
  spec.extensions = ["ext/karafka_rs/extconf.rb"]

  # At install, to compile: RubyGems knows no build-only dependencies.
  spec.add_dependency "rb_sys", ">= 0.9.87", "< 0.10"
end
