# frozen_string_literal: true

# Owns the order in which the gem is loaded: errors before the native part, which looks them up; values before those who
# use them. Must not do anything else.
require_relative "karafka/conflicts"
Karafka::Conflicts.check!

require_relative "karafka/version"
require_relative "karafka/errors"
require_relative "karafka/native"

require_relative "karafka/environment"
require_relative "karafka/status"
require_relative "karafka/logger"
require_relative "karafka/logger/json_formatter"

require_relative "karafka/instrumentation/events"
require_relative "karafka/instrumentation/statistics"
require_relative "karafka/instrumentation/notifications"
require_relative "karafka/instrumentation/monitor"
require_relative "karafka/instrumentation/log_line"
require_relative "karafka/instrumentation/log_listener"
require_relative "karafka/instrumentation/log_tags"

require_relative "karafka/setup/problems"
require_relative "karafka/setup/suggestion"
require_relative "karafka/setup/rules"
require_relative "karafka/setup/settings"
require_relative "karafka/setup/config"
require_relative "karafka/setup/brokers"
require_relative "karafka/setup/librdkafka"
require_relative "karafka/setup/connection"
require_relative "karafka/setup/contract"
require_relative "karafka/setup/http_contract"
require_relative "karafka/setup/kafka_contract"
require_relative "karafka/setup/log_contract"
require_relative "karafka/setup/warnings"
require_relative "karafka/setup/configurators"

require_relative "waterdrop/errors"
require_relative "karafka/later_names"
require_relative "waterdrop/config"
require_relative "waterdrop/contract"
require_relative "waterdrop/message_options"
require_relative "waterdrop/producers"
require_relative "waterdrop/sync_producer"
require_relative "waterdrop/async_producer"
require_relative "waterdrop/setup"

require_relative "karafka/delivery_failures"
require_relative "karafka/open_producers"
require_relative "karafka/produced_events"
require_relative "karafka/producer/counted"
require_relative "karafka/producer"
require_relative "karafka/tracing"
require_relative "karafka/shared"
require_relative "karafka/app"
require_relative "karafka/loader"

require_relative "karafka/parsers/json"
require_relative "karafka/params/indifferent_hash"
require_relative "karafka/params/params"
require_relative "karafka/params/hash_records"
require_relative "karafka/params/columns"
require_relative "karafka/params/params_batch"
require_relative "karafka/params/single"

require_relative "karafka/connection/consumer"
require_relative "karafka/controllers/partition"
require_relative "karafka/base_controller"
require_relative "karafka/controllers/callbacks"
require_relative "karafka/responders/topic"
require_relative "karafka/responders/usage"
require_relative "karafka/base_responder"

require_relative "karafka/routing/consumer_mapper"
require_relative "karafka/routing/topic_mapper"
require_relative "karafka/routing/name"
require_relative "karafka/routing/proxy"
require_relative "karafka/routing/defaults"
require_relative "karafka/routing/reference"
require_relative "karafka/routing/topic"
require_relative "karafka/routing/consumer_group"
require_relative "karafka/routing/contract"
require_relative "karafka/routing/builder"
require_relative "karafka/routing/router"

require_relative "karafka/process"
require_relative "karafka/processing/isolation"
require_relative "karafka/processing/controllers"
require_relative "karafka/processing/listener"
require_relative "karafka/processing/interest"
require_relative "karafka/processing/mark"
require_relative "karafka/processing/memory"
require_relative "karafka/processing/turn"
require_relative "karafka/processing/turns"
require_relative "karafka/processing/job_events"
require_relative "karafka/processing/unit_of_work"
require_relative "karafka/processing/workers"
require_relative "karafka/embedded_broker"
require_relative "karafka/server"
require_relative "karafka/rails"

module Karafka
  # Loaded by the executable, and by applications that have commands of their own.
  autoload :Cli, "karafka/cli"
end

require_relative "karafka/railtie" if defined?(Rails::Railtie)
