# frozen_string_literal: true

require "json"
require "open3"
require "rbconfig"
require_relative "results"
require_relative "table"

# Owns running many histories: each a process of its own in a process group of its own, so many side by side, each with
# a time to end in. Prints what failed and how to run it again, and a table at the end. The main thread waits; a thread
# for each history that runs waits for its process. Must leave no process behind.
module Faults
  class Runner
    ROOT = File.expand_path("..", __dir__)
    # Seconds a history may take, every wait inside it at its bound.
    LIMIT = 120
    # Seconds between two lines of progress.
    PROGRESS = 20

    # @param seeds [Enumerable<Integer>]
    # @param jobs [Integer] histories side by side
    # @param kinds [Array<String>] brokers that may be drawn
    # @param resume [Boolean] leave out what passed before with this code
    # @param keep [Boolean] keep folders of histories that passed too
    def initialize(seeds:, jobs:, kinds:, resume: false, keep: false)
      @folder = File.join(ROOT, "tmp", "faults")
      @results = Results.new(File.join(@folder, "results.jsonl"))
      @kinds = kinds
      @keep = keep
      @lock = Mutex.new
      @verdicts = resume ? @results.passed(kinds).slice(*seeds).values : []
      @known = @verdicts.size
      @left = seeds.to_a - @verdicts.map { |verdict| verdict[:seed] }
      @jobs = jobs
      @running = {}
    end

    # @return [Boolean] did every history keep every promise?
    def run
      puts "#{@left.size} histories, #{@jobs} side by side, brokers: #{@kinds.join(", ")}" \
           "#{", #{@known} passed before" if @known.positive?}"
      total = @left.size
      threads = Array.new(@jobs) { Thread.new { work } }
      progress(total) until threads.all? { |thread| thread.join(PROGRESS.fdiv(@jobs)) }
      puts Table.new(@verdicts)
      @verdicts.all? { |verdict| verdict[:violations].empty? }
    ensure
      @running.each_key { |pid| end_group(pid) }
    end

    private

    def work
      while (seed = @lock.synchronize { @left.shift })
        verdict = history(seed)
        @lock.synchronize { conclude(verdict) }
      end
    end

    def history(seed)
      folder = File.join(@folder, seed.to_s)
      FileUtils.rm_rf(folder)
      FileUtils.mkdir_p(folder)
      out = File.join(folder, "verdict.json")
      err = File.join(folder, "history.txt")
      pid = Process.spawn(RbConfig.ruby, "-I", File.join(ROOT, "lib"), File.join(__dir__, "history.rb"), seed.to_s,
                          folder, @kinds.join(","), pgroup: true, out: out, err: err)
      @lock.synchronize { @running[pid] = seed }
      ended = Process.detach(pid).join(LIMIT)
      end_group(pid)
      @lock.synchronize { @running.delete(pid) }
      read(seed, out, err, ended)
    end

    # Children of a history are in its group.
    def end_group(pid)
      Process.kill(:KILL, -pid)
    rescue Errno::ESRCH
      # All have ended.
    end

    def read(seed, out, err, ended)
      JSON.parse(File.read(out), symbolize_names: true)
    rescue JSON::ParserError
      text = ended ? "the history itself ended: #{File.read(err)[-1_000..] || File.read(err)}" : "no end in #{LIMIT} s"
      { seed: seed, violations: [{ kind: ended ? "no verdict" : "hung", text: text }] }
    end

    def conclude(verdict)
      @verdicts << verdict
      @results.add(verdict, @kinds)
      seed = verdict[:seed]
      return FileUtils.rm_rf(File.join(@folder, seed.to_s)) if verdict[:violations].empty? && !@keep

      verdict[:violations].first(@keep ? 50 : 3).each { |it| puts "seed #{seed}: #{it[:kind]}: #{it[:text]}" }
      return if verdict[:violations].empty?

      puts "seed #{seed}: #{verdict[:violations].size} in all; again: rake faults SEED=#{seed}" \
           "#{" BROKER=#{@kinds.first}" if @kinds.one?}"
    end

    def progress(total)
      now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      return if @told && now - @told < PROGRESS

      @told = now
      @lock.synchronize { puts "#{@verdicts.size - @known} of #{total}" }
    end
  end
end
