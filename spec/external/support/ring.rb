# frozen_string_literal: true

# Owns what every file of the ring against a real broker needs; each requires it. Not part of the other specs.
require_relative "cluster"
require_relative "members"

RSpec.configure do |config|
  ring = { file_path: %r{/spec/external/} }
  config.include Cluster, ring
  config.include Members, ring
  # Producers in this process tell of brokers that examples take away.
  config.before(:each, **ring) { Karafka::App.config.logger = Logger.new(IO::NULL) }
  # A broker that is gone makes clients wait: their processes end first.
  config.after(:each, **ring) do
    end_children
    end_cluster
  end
end
