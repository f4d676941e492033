# frozen_string_literal: true

# The benchmark: what Ruby gets of what Rust alone gets out of the same broker. What it
# measures: bench/cases.rb; how to ask for less: bench/run.rb.

desc "Measure everything beside the same in Rust alone (RECORDS, ROUNDS, ONLY, OUTPUT)"
task bench: :compile do
  features = CARGO_FEATURES.empty? ? [] : ["--features", CARGO_FEATURES.join(",")]
  # The flag that rb_sys gives: with another one Cargo would compile librdkafka once more.
  flags = { "RUSTFLAGS" => ["--cfg=rb_sys_gem", ENV.fetch("RUSTFLAGS", nil)].compact.join(" ") }
  sh flags, "cargo", "build", "--quiet", "--release", "--examples", *features
  sh RbConfig.ruby, "-Ilib", "bench/run.rb"
end

desc "Write the tables and the chart of docs/performance.md anew, from a run of rake bench (OUTPUT)"
task "bench:docs" do
  require_relative "../bench/docs"
  run = JSON.parse(File.read(ENV.fetch("OUTPUT", "tmp/bench.json")))
  docs = BenchDocs.new(run)
  page = File.join(BenchDocs::FOLDER, "performance.md")
  File.write(page, docs.text(File.read(page)))
  File.write(File.join(BenchDocs::FOLDER, "performance.svg"), docs.chart)
end
