# frozen_string_literal: true

# Seeded histories of faults, each checked against what is promised: at least once, in order, no hang. What a history
# is: faults/history.rb; what may happen in it: faults/plan.rb; what is checked: faults/checker.rb.
#
#   rake faults SEEDS=50 FROM=1 JOBS=3    seeds 1 to 50, three side by side
#   rake faults SEED=17                   one, its folder kept in tmp/faults/17
#   rake faults SEEDS=500 RESUME=1        without those that passed before with the same code
#   rake faults BROKER=mock               on one kind of broker only; nisshi is used when it is on PATH

desc "Try to break delivery, order and liveness with faults (SEEDS, FROM, SEED, JOBS, RESUME, BROKER)"
task faults: :compile do
  require_relative "../faults/runner"
  $stdout.sync = true
  one = ENV.fetch("SEED", nil)
  from = Integer(one || ENV.fetch("FROM", "1"))
  seeds = from...(from + (one ? 1 : Integer(ENV.fetch("SEEDS", "50"))))
  nisshi = ENV.fetch("PATH", "").split(File::PATH_SEPARATOR).any? { |dir| File.executable?(File.join(dir, "nisshi")) }
  kinds = nisshi ? %w[mock nisshi] : %w[mock]
  puts "nisshi is not on PATH: every history runs on the embedded broker" unless nisshi
  chosen = ENV.fetch("BROKER", nil)
  abort "faults: BROKER is #{chosen.inspect}; give one of #{kinds.join(", ")}" unless [nil, *kinds].include?(chosen)
  runner = Faults::Runner.new(
    seeds: seeds, jobs: Integer(ENV.fetch("JOBS", "3")), kinds: chosen ? [chosen] : kinds,
    resume: ENV["RESUME"] == "1", keep: !one.nil?
  )
  abort "faults: promises were broken" unless runner.run
end
