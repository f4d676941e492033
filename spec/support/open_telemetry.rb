# frozen_string_literal: true

# Owns where the children of examples find OpenTelemetry: the gem opentelemetry-sdk where it is installed, else a small
# stand-in in the folder beside this file: of its API what we use, and stricter about how. It is never loaded
# into the process of the specs: the other specs show that the gem does without.
module OpenTelemetryForChildren
  STAND_IN = File.join(__dir__, "open_telemetry/lib")

  # @return [Boolean] is it the real one?
  def self.real?
    Gem::Specification.find_all_by_name("opentelemetry-sdk").any?
  end

  # @return [Hash{String => String}] variables of a child that does `require "opentelemetry/sdk"`
  def self.env
    quiet = { "OTEL_TRACES_EXPORTER" => "none", "OTEL_LOG_LEVEL" => "error" }
    real? ? quiet : quiet.merge("RUBYLIB" => [STAND_IN, ENV.fetch("RUBYLIB", nil)].compact.join(":"))
  end
end
