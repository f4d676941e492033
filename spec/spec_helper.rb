# frozen_string_literal: true

# Loads the gem and what specs share. Each example starts from empty settings and routes.
require "karafka_rs"
require "karafka/cli"
Dir[File.join(__dir__, "support", "*.rb")].sort.each { |file| require file }

Thread.report_on_exception = false

RSpec.configure do |config|
  config.disable_monkey_patching!
  config.order = :random
  Kernel.srand config.seed
  config.expect_with(:rspec) { |expectations| expectations.syntax = :expect }
  config.include Waiting
  config.include Application
  config.after { reset_application }
end
