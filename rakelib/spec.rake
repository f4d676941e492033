# frozen_string_literal: true

# The Ruby specs, the house rules among them. Rspec reads its options from .rspec, which
# leaves spec/external out unless that folder or its files are named.

desc "Run the specs (FILES=spec/lib/... for some of them)"
task spec: :compile do
  sh "rspec", *ENV.fetch("FILES", "spec").split
end

desc "Run the specs that want a real broker: that of KAFKA_BROKERS, else nisshi (FILES for some)"
task external: :compile do
  sh "rspec", *ENV.fetch("FILES", "spec/external").split
end
