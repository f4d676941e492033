# frozen_string_literal: true

$stdout.sync = true
# In a checkout of karafka_rs the gem is the checkout's.
checkout = File.expand_path("../../..", __dir__)
$LOAD_PATH.unshift(File.join(checkout, "lib")) if File.exist?(File.join(checkout, "karafka_rs.gemspec"))

require "bundler/setup" if ENV["BUNDLE_GEMFILE"]
require "logger" # Rails before 7.1 forgets to
