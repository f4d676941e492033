# frozen_string_literal: true

require "tmpdir"

# Owns the proof that a pid file has one owner, whoever comes at the same moment.
RSpec.describe Karafka::Cli::PidFile do
  around { |example| Dir.mktmpdir { |dir| example.run if (@dir = dir) } }

  let(:path) { File.join(@dir, "server.pid") }

  # Processes that come to the same files at the same time, and stay until all have tried all.
  # @return [Array<String>] "FILE OWNER CONTENT", and FILE for what is left
  def race(files, processes, text)
    ended = run_child(<<~RUBY, @dir, files.to_s, processes.to_s, text)
      dir, files, processes, text = ARGV[0], Integer(ARGV[1]), Integer(ARGV[2]), ARGV[3]
      paths = Array.new(files) { |number| File.join(dir, number.to_s) }
      paths.each { |path| File.write(path, text) }
      told, tell = IO.pipe
      over, finish = IO.pipe
      pids = Array.new(processes) do
        fork do
          told.close
          finish.close
          held = paths.select do |path|
            Karafka::Cli::PidFile.new(path).hold
          rescue Karafka::Cli::UsageError
            false
          else
            true
          end
          tell.puts(held.map { |path| [File.basename(path), Process.pid, File.read(path).strip].join(" ") }, "done")
          over.read
        end
      end
      tell.close
      over.close
      done = 0
      while done < processes
        line = told.gets
        line == "done\\n" ? done += 1 : puts(line)
      end
      finish.close
      pids.each { |pid| Process.wait(pid) }
      puts Dir.children(dir)
    RUBY
    expect([ended.code, ended.err]).to eq([0, ""])
    ended.out
  end

  { "an empty file" => "", "a stale file" => "4194305\n" }.each do |what, text|
    it "lets one of many have #{what}, who removes it" do
      owners = race(300, 4, text).map(&:split)
      expect(owners.map(&:first).tally).to eq((0...300).to_h { |number| [number.to_s, 1] })
      expect(owners.reject { |_, owner, content| owner == content }).to eq([])
    end
  end

  it "can be held again by who holds it, and is another's to leave alone" do
    file = described_class.new(path)
    File.write(path, Process.pid.to_s)
    file.hold
    expect(File.read(path).strip).to eq(Process.pid.to_s)
    File.write(path, "1")
    file.release
    expect(File.read(path)).to eq("1")
  end
end
