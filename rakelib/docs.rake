# frozen_string_literal: true

# What is generated in docs/. A spec fails when it is stale.

desc "Write the tables of docs/configuration.md and docs/events.md anew, from the code"
task docs: :compile do
  $LOAD_PATH.unshift(File.expand_path("../lib", __dir__))
  require "karafka_rs"
  require_relative "docs/configuration"
  require_relative "docs/events"
  File.write(Docs::Configuration::PATH, Docs::Configuration.new.text)
  File.write(Docs::Events::PATH, Docs::Events.new.text)
end
