# frozen_string_literal: true

require "spec_helper"
require "tmpdir"

# Owns the truth of docs/getting_started.md: what it shows is typed into terminals, in its order, and must answer so.
RSpec.describe "docs/getting_started.md" do
  text = File.read(File.join(Children::ROOT, "docs/getting_started.md"))
  # ["console", "$ command\nwhat it says\n..."]
  blocks = text.scan(/^```(console|output)\n(.*?)^```$/m)

  def pid_file
    File.join(@dir, "tmp/pids/karafka")
  end

  # What a line says, with holes for what is left out.
  def pattern(line)
    Regexp.new("\\A#{Regexp.escape(line.sub("PORT", @port.to_s)).gsub("\\.\\.\\.", ".*")}\\z")
  end

  # The lines in their order, others only where the page leaves some out.
  def expect_answer(shown, expected)
    left = shown.dup
    expected.each_with_index do |line, index|
      next if line == "..."

      skip = index.positive? && expected[index - 1] == "..."
      left.shift while skip && !left.empty? && !left.first.match?(pattern(line))
      expect(left.shift.to_s).to match(pattern(line)), "no #{line.inspect} in its place in #{shown.inspect}"
    end
    expect(left).to eq([]) unless expected.last == "..."
  end

  def type(command, expected)
    command = command.sub("PORT", @port.to_s)
    case command
    when /\Acd (?<folder>\S+)/ then @dir = File.join(@dir, $~[:folder])
    when /\Aexport (?<name>\w+)=(?<value>\S+)/ then @env[$~[:name]] = $~[:value]
    when /\Akarafka (broker|server)\b(?!.* -d)/ then stay(command, expected)
    else finish(command, expected)
    end
  end

  def stay(command, expected)
    @last = start_child(["bash", "-c", "exec #{command}"], env: @env, dir: @dir)
    @port ||= @last.line(/\A127\.0\.0\.1:\d+\z/)[/\d+\z/]
    expected.each { |line| @last.line(pattern(line)) unless line == "..." }
  end

  def finish(command, expected)
    stop_server if command == "karafka lag"
    ended = start_child(["bash", "-c", command], env: @env, dir: @dir).finish
    expect_answer(ended.out + ended.err.lines(chomp: true), expected)
    wait_until("the end of the server") { !File.exist?(pid_file) } if command.start_with?("kill")
  end

  # The page says when.
  def stop_server
    @last.signal("INT")
    expect(@last.finish.code).to eq(0)
  end

  before do
    @start = @dir = Dir.mktmpdir
    path = [File.dirname(Children::EXECUTABLE), ENV.fetch("PATH")].join(File::PATH_SEPARATOR)
    @env = { "PATH" => path, "RUBYLIB" => File.join(Children::ROOT, "lib"), "BUNDLE_GEMFILE" => nil }
  end

  # Before the files go, what writes to them.
  after do
    pid = File.exist?(pid_file) ? File.read(pid_file).to_i : 0
    Process.kill(:KILL, pid) if pid.positive?
    end_children
    FileUtils.rm_rf(@start)
  end

  it "shows what happens" do
    blocks.each do |kind, block|
      next block.each_line(chomp: true) { |line| @last.line(pattern(line)) } if kind == "output"

      block.split(/^\$ /).drop(1).each do |part|
        command, *expected = part.lines(chomp: true)
        type(command, expected)
      end
    end
  end
end
