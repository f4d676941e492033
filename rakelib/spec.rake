# frozen_string_literal: true

# The Ruby specs, the house rules among them. Rspec reads its options from .rspec.

desc "Run the specs (FILES=spec/lib/... for some of them)"
task spec: :compile do
  sh "rspec", *ENV.fetch("FILES", "spec").split
end
