# frozen_string_literal: true

# What is generated in docs/. A spec fails when it is stale.

desc "Write the tables of docs/configuration.md, docs/events.md and docs/logging.md anew, from the code"
task docs: :compile do
  $LOAD_PATH.unshift(File.expand_path("../lib", __dir__))
  require "karafka_rs"
  %w[configuration events logging].each { |name| require_relative "docs/#{name}" }
  [Docs::Configuration, Docs::Events, Docs::Logging].each { |type| File.write(type::PATH, type.new.text) }
end
