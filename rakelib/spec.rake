# frozen_string_literal: true

# The Ruby specs, the house rules among them. Rspec reads its options from .rspec, which
# leaves spec/external and spec/rails out unless those folders or their files are named.

desc "Run the specs (FILES=spec/lib/... for some of them)"
task spec: :compile do
  sh "rspec", *ENV.fetch("FILES", "spec").split
end

desc "Run the specs that want a real broker: that of KAFKA_BROKERS, else nisshi (FILES for some)"
task external: :compile do
  sh "rspec", *ENV.fetch("FILES", "spec/external").split
end

# A process of its own, because Rails changes the Ruby around it: the other specs show that the gem does without.
desc "Run the specs of the gem in Rails (FILES for some)"
task rails: :compile do
  sh "rspec", *ENV.fetch("FILES", "spec/rails").split
end
