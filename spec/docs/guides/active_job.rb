# frozen_string_literal: true

require "karafka_rs/active_job"

# A broker with the topics of the guide, and what a Rails application has: its settings, and where jobs do something.
BROKER = application("mailers" => 1, "mailers.scheduled" => 1, "default" => 4, "default.scheduled" => 1,
                     "imports" => 1, "foreign" => 1)
Karafka::App.boot!
ActiveJob::Base.logger = Logger.new(IO::NULL)

# As a railtie gives settings to Active Job.
def config
  settings = Object.new
  settings.define_singleton_method(:queue_adapter=) { |name| ActiveJob::Base.queue_adapter = name }
  Struct.new(:active_job).new(settings)
end

DONE = Queue.new
Receipts = Class.new { define_singleton_method(:send_to) { |email| DONE << email } }
Shipments = Class.new { define_singleton_method(:add) { |*step| DONE << step } }
Failures = Class.new { define_singleton_method(:add) { |*failure| DONE << failure } }
