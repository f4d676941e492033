# frozen_string_literal: true

require "spec_helper"
require "json"
require "tmpdir"
require_relative "../../bench/docs"
require_relative "../../bench/facts"
require_relative "../../bench/records"

# The benchmark measures what is there, and refuses to when a record was lost, came twice, or is another one.
RSpec.describe "The benchmark" do
  root = Children::ROOT
  # `cargo test` builds it too, slower code of the same kind.
  programs = %w[release debug].map { |profile| File.join(root, "target", profile, "examples") }
  # An old one would understand other words.
  changed = Dir[File.join(root, "bench/ceiling/*.rs")].map { |file| File.mtime(file) }.max
  built = programs.find do |folder|
    program = File.join(folder, "ceiling")
    File.executable?(program) && File.mtime(program) > changed
  end

  def run_bench(**env)
    env = env.transform_keys(&:to_s)
    start_child([*Children::RUBY, File.join(Children::ROOT, "bench/run.rb")], env: env).finish(timeout: 60)
  end

  # Records of the benchmark, as bench/fill.rb would place them.
  def fill(count: 40, partitions: 2)
    records = Array.new(count) { |number| [number % partitions, Records.json(number)] }
    records = yield(records) if block_given?
    @broker.create_topic("records", partitions)
    messages = records.map { |partition, payload| { topic: "records", partition: partition, payload: payload } }
    Karafka.producer.produce_many_sync(messages)
  end

  # One run of the consuming program.
  def consume(mode, **env)
    words = [mode, @broker.bootstrap_servers, "records", 2, 40, "id", 2].map(&:to_s)
    start_child([*Children::RUBY, File.join(Children::ROOT, "bench/consume.rb"), *words],
                env: env.transform_keys(&:to_s)).finish
  end

  def expect_refusal(ended, text)
    expect([ended.code, ended.out]).to eq([1, []]), "#{ended.out} #{ended.err}"
    expect(ended.err.lines.last).to match(text)
  end

  it "prints a table and the targets, and writes both as JSON, from which the documentation is made" do
    skip "build it first: cargo build --release --example ceiling" unless built

    Dir.mktmpdir do |folder|
      output = File.join(folder, "bench.json")
      ended = run_bench(ONLY: "consume/count,consume/json", RECORDS: "4000", ROUNDS: "1", OUTPUT: output,
                        EXAMPLES: built)
      expect(ended.code).to eq(0), ended.err
      text = ended.out.join("\n")
      expect(text).to match(/^params_batch\.size +4,000 +[\d,]+/)
      expect(text).to match(%r{^(met   |MISSED)  consume/count: \d+ % of the ceiling})
      run = JSON.parse(File.read(output))
      keys = run["groups"]["consume"].map { |row| row["key"] }
      expect(keys).to eq(%w[rust-base rust-batch rust-split count json])
      expect(run["groups"]["consume"].map { |row| row["numbers"]["records"] }).to all(eq 4_000)
      docs = BenchDocs.new(run)
      expect(docs.text("<!-- bench: consume -->\nold\n<!-- end -->")).to include("| params_batch.size | 4,000 |")
      expect(docs.chart).to include("<svg").and include("Karafka 2.6.0")
    end
  end

  it "names the cases there are when asked for one that is not" do
    expect_refusal(run_bench(ONLY: "speed"),
                   %r{\Abench: ONLY=speed is no group or case; give consume/rust-base, .*idle/idle})
  end

  it "reports nothing when a program finds less than was sent" do
    Dir.mktmpdir do |folder|
      program = File.join(folder, "ceiling")
      File.write(program, %(#!/bin/sh\necho '{"records":3999,"seconds":1,"cpu_seconds":1}'\n))
      File.chmod(0o755, program)
      output = File.join(folder, "bench.json")
      ended = run_bench(ONLY: "consume/count", RECORDS: "4000", ROUNDS: "1", OUTPUT: output, EXAMPLES: folder)
      expect([ended.code, File.exist?(output), ended.out.grep(/records\/s/)]).to eq([1, false, []])
      expect(ended.err).to eq("bench: refuses to report: fill small: 4000 records of 100 bytes on 40 partitions: " \
                              "records: 3999 came where 4000 was sent\n")
    end
  end

  describe "with a topic that is not what it should be" do
    before do
      setup_application
      WaterDrop.setup do |config|
        config.client_id = "bench"
        config.kafka.seed_brokers = broker.bootstrap_servers
      end
    end

    it "reports when all is well" do
      fill
      found = JSON.parse(consume("json").out.join)
      expect(found).to include("records" => 40, "sum" => 780)
      expect(JSON.parse(consume("raw").out.join)).to include("records" => 40)
      expect(JSON.parse(consume("raws").out.join)).to include("records" => 40, "bytes" => 4_000)
      expect(JSON.parse(consume("single_raw").out.join)).to include("records" => 40, "bytes" => 4_000)
    end

    it "refuses when a record is lost" do
      fill { |records| records.drop(1) }
      expect_refusal(consume("count", SILENCE: "1"),
                     /\Aconsume: nothing came for 1\.0 s and 1 of 2 partitions are not through/)
    end

    it "refuses when a record came twice" do
      fill { |records| [*records, records.last] }
      expect_refusal(consume("count"), /\Aconsume: partition 1: (a batch of 21|21 records)/)
    end

    it "refuses when a record is another one" do
      fill { |records| records.tap { |all| all[1][1] = Records.json(8) } }
      expect_refusal(consume("raw"), /\Aconsume: partition 1: of \d+ payloads from 0 on \d+ were there, the first "/)
      found = consume("json")
      expect(found.code).to eq(0)
      expect { Facts.check(JSON.parse(found.out.join), Records.facts("small", 40)) }
        .to raise_error(Facts::Wrong, "sum: 787 came where 780 was sent")
    end
  end
end
