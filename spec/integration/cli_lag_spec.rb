# frozen_string_literal: true

require "json"
require "pty"

# Owns the proof that `karafka lag --watch` goes on telling what changes, whatever becomes of the brokers, until
# somebody has seen enough, and that a reader who goes away is no error.
RSpec.describe "karafka lag" do
  let(:env) do
    broker("t" => 1)
    brokers.merge(boot_file(<<~RUBY))
      application
      routes { topic(:t) { controller Karafka::BaseController } }
    RUBY
  end

  after { @producer&.close }

  def produce(count)
    @producer ||= Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    count.times { @producer.produce_sync(topic: "t", payload: "x") }
  end

  # Names of the threads of a process.
  def threads(pid)
    Dir["/proc/#{pid}/task/*/comm"].map do |path|
      File.read(path)
    rescue Errno::ENOENT, Errno::ESRCH
      # It has ended meanwhile.
      ""
    end
  end

  def watching(*options)
    karafka("lag", "--watch", "0.1", *options, env: env)
  end

  def end_at_ctrl_c(process)
    process.signal("INT")
    ended = process.finish(timeout: 5)
    expect(ended.code).to eq(0)
    ended
  end

  it "--watch tells changes, rates and when it will have caught up, look by look" do
    process = watching
    heads = process.line(/GROUP/).split
    expect(heads).to eq(%w[GROUP TOPIC PARTITION COMMITTED CHANGE PER-SEC END CHANGE PER-SEC LAG CAUGHT-UP-IN])
    process.line(/t +0 +- +- +- +0 +- +- +0 +-\z/)
    produce(3)
    process.line(/t +0 +- +- +- +3 +\+[123] +\d+\.\d+ +3 +never\z/)
    process.line(/t +all +- +- +\+0 +\d+\.\d+ +3 +never\z/)
    process.line(/\ATotal lag: 3\z/)
    expect(end_at_ctrl_c(process).err).to eq("")
  end

  it "--json tells the same to machines, one line for each look" do
    env
    produce(2)
    place = { "group" => "child_t", "topic" => "t", "partition" => 0, "committed" => nil, "end" => 2, "lag" => 2 }
    once = run("lag", "--json", env: env)
    expect([once.code, once.err, once.out.size]).to eq([0, "", 1])
    expect(JSON.parse(once.out.first)).to match("time" => /\A20.*Z\z/, "total_lag" => 2, "partitions" => [place])
    process = watching("--json")
    process.line(/"end_change":0,/)
    looks = end_at_ctrl_c(process).out.map { |line| JSON.parse(line) }
    expect(looks.last["partitions"]).to match([include(**place, "end_per_second" => 0.0, "seconds_left" => nil)])
  end

  it "--watch survives brokers that go, and says so" do
    process = watching("--timeout", "1")
    process.line(/Total lag: 0/)
    broker.inject(kind: :broker_down, broker: 1)
    wait_until("the news (#{process.err})") { process.err.match?(/no answer from .* within 1.*; it is tried on$/) }
    seen = process.lines.size
    broker.inject(kind: :broker_up, broker: 1)
    wait_until("it goes on") { process.lines.size > seen }
    end_at_ctrl_c(process)
  end

  it "--watch that finds no broker at all ends with one line" do
    env = boot_file('application("127.0.0.1:1"); routes { topic(:t) { controller Karafka::BaseController } }')
    expect_mistake(run("lag", "--watch", "--timeout", "1", env: env), /no answer from 127\.0\.0\.1:1 within 1/)
  end

  it "--watch lets go of a question at Ctrl-C" do
    process = watching("--timeout", "60")
    process.line(/Total lag: 0/)
    broker.inject(kind: :broker_down, broker: 1)
    seen = process.lines.size
    wait_until("a question") { threads(process.pid).any?(/\Akrs-(admin|lookup)/) }
    expect(end_at_ctrl_c(process).out.size).to be_between(seen, seen + 10)
  end

  %w[0 -1 soon].each do |seconds|
    it "--watch #{seconds} is a mistake" do
      expect_mistake(run("lag", "--watch=#{seconds}", env: env), /watch/)
    end
  end

  it "--watch writes over itself on a terminal" do
    env
    screen = +""
    PTY.spawn(env, *Children::RUBY, Children::EXECUTABLE, "lag", "-w", "0.1") do |output, input, pid|
      output.winsize = [4, 40]
      reader = Thread.new do
        loop { screen << output.readpartial(4096) }
      rescue EOFError, Errno::EIO
        # It has ended.
      end
      wait_until("three looks (#{screen.inspect})") { screen.scan("\e[H").size >= 3 }
      input.write("\u0003")
      reader.join(5)
      expect(Process.wait2(pid).last.exitstatus).to eq(0)
    end
    looks = screen.split("\e[H").drop(2)
    expect(looks.size).to be >= 2
    # As high and wide as the terminal, less its last line.
    expect(looks[1].lines.size).to eq(4)
    expect(looks[1]).to match(/\A\d\d:\d\d:\d\d\e\[K\r\nGROUP .*\.\.\. and 3 lines more.*\e\[J/m)
    expect(looks[1].gsub(/\e\[[KJ]/, "").lines(chomp: true).map(&:size).max).to be <= 40
    expect(screen).not_to include("Interrupt")
  end

  [%w[lag], %w[lag --watch], %w[topics list], %w[--help]].each do |arguments|
    # By SIGPIPE, as any program does, or because all was written before.
    it "`karafka #{arguments.join(" ")} | true` ends without a word" do
      script = 'set -o pipefail; "$@" | true; echo "code ${PIPESTATUS[0]}"'
      command = ["bash", "-c", script, "bash", *Children::RUBY, Children::EXECUTABLE, *arguments]
      ended = start_child(command, env: env).finish(timeout: 15)
      expect(ended.err).to eq("")
      expect(ended.out).to eq(["code 141"]).or eq(["code 0"])
    end
  end
end
