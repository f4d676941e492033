# frozen_string_literal: true

# Owns making Active Job and Karafka know each other: the adapter's name, the routing word, what a job class may say. In
# a Rails application the railtie requires it; with Active Job alone the application does, before `karafka.rb` draws its
# routes. Must not load ActiveJob::Base, which an application configures first.
require "karafka_rs"
require "active_job"

require "karafka/rails/active_job/running"
require "karafka/rails/active_job/options"
require "karafka/rails/active_job/record"
require "karafka/rails/active_job/consumer"
require "karafka/rails/active_job/pending"
require "karafka/rails/active_job/scheduled_consumer"
require "karafka/rails/active_job/routes"

ActiveJob::QueueAdapters.autoload(:KarafkaAdapter, "active_job/queue_adapters/karafka_adapter")
ActiveSupport.on_load(:active_job) { include Karafka::Rails::ActiveJob::Options }
