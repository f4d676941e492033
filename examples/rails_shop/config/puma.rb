# frozen_string_literal: true

threads 5, 5
port ENV.fetch("PORT", 3000), ENV.fetch("HOST", "127.0.0.1")
environment ENV.fetch("RAILS_ENV", "development")
# Nothing else is needed for Kafka: each worker makes its producer when it sends first.
workers Integer(ENV.fetch("WEB_CONCURRENCY", "0"))
preload_app! if ENV.fetch("WEB_CONCURRENCY", "0") != "0"
