# frozen_string_literal: true

require "json"
require "stringio"

BROKER = application("orders" => 1)
# One that writes nowhere asks no formatter.
Karafka::App.config.logger = Logger.new(StringIO.new)
Karafka::App.boot!
