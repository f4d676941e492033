# frozen_string_literal: true

require "tmpdir"

# Owns the proof that a pid file has one owner, whoever comes at the same moment.
RSpec.describe Karafka::Cli::PidFile do
  around { |example| Dir.mktmpdir { |dir| example.run if (@path = File.join(dir, "server.pid")) } }

  # Each of the processes tries once and stays until all have tried.
  def race(count, text)
    File.write(@path, text) if text
    ended = run_child(<<~RUBY, @path, count.to_s)
      path, count = ARGV[0], Integer(ARGV[1])
      tried, try = IO.pipe
      over, finish = IO.pipe
      pids = Array.new(count) do
        fork do
          tried.close
          finish.close
          held = begin
            Karafka::Cli::PidFile.new(path).hold
            true
          rescue Karafka::Cli::UsageError
            false
          end
          try.puts(held ? "held \#{Process.pid} \#{File.read(path).strip}" : "refused")
          over.read
        end
      end
      try.close
      over.close
      puts Array.new(count) { tried.gets }
      finish.close
      pids.each { |pid| Process.wait(pid) }
      puts "left" if File.exist?(path)
    RUBY
    expect(ended.code).to eq(0), ended.err
    ended.out
  end

  [nil, "", "4194305\n"].each do |text|
    it "is held by one of many that come when the file is #{text.inspect}" do
      held, others = race(12, text).partition { |line| line.start_with?("held") }
      expect(held.size).to eq(1)
      # It names its owner, and is gone when that one ends.
      expect(held.first.split.drop(1).uniq.size).to eq(1)
      expect(others).to eq(["refused"] * 11)
    end
  end

  it "can be held again by who holds it, and is another's to leave alone" do
    file = described_class.new(@path)
    File.write(@path, Process.pid.to_s)
    file.hold
    expect(File.read(@path).strip).to eq(Process.pid.to_s)
    File.write(@path, "1")
    file.release
    expect(File.read(@path)).to eq("1")
  end
end
