# frozen_string_literal: true

# The Rust side's checks. Lint levels stand in Cargo.toml, banned functions in clippy.toml.

namespace :rust do
  features = CARGO_FEATURES.empty? ? [] : ["--features", CARGO_FEATURES.join(",")]

  desc "Check the formatting of both crates"
  task :format do
    sh "cargo", "fmt", "--all", "--check"
  end

  desc "Lint both crates, tests and examples included; a warning is an error"
  task :clippy do
    sh "cargo", "clippy", "--quiet", "--workspace", "--all-targets", *features, "--", "--deny", "warnings"
  end

  desc "Test the core (no Ruby is linked)"
  task :test do
    sh "cargo", "test", "--quiet", "--package", "karafka_rs", *features
  end
end
