# frozen_string_literal: true

$stdout.sync = true
# In a checkout of karafka_rs the gem is the checkout's.
$LOAD_PATH.unshift(File.expand_path("../../../lib", __dir__)) if File.exist?(File.expand_path("../../../karafka_rs.gemspec", __dir__))

require "bundler/setup" if ENV["BUNDLE_GEMFILE"]
require "logger" # Rails before 7.1 forgets to
