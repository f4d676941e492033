# frozen_string_literal: true

require "open3"
require "rbconfig"
require "tempfile"
require_relative "waiting"

# Owns Ruby processes that examples start, and sees that none outlives its example. What a child prints is read on a
# thread, so that it never waits for us.
module Children
  ROOT = File.expand_path("../..", __dir__)
  RUBY = [RbConfig.ruby, "-I", File.join(ROOT, "lib")].freeze
  EXECUTABLE = File.join(ROOT, "exe/karafka")

  # What every script starts with.
  PRELUDE = <<~RUBY
    require "karafka_rs"
    $stdout.sync = true

    # Settings for the broker of the example. The group's members come and go, and the embedded broker has a group that
    # is not new wait for `session_timeout` less a second.
    def application(servers = ENV.fetch("BROKERS"))
      Karafka::App.setup do |config|
        config.client_id = "child"
        config.logger = Logger.new(IO::NULL)
        config.kafka.seed_brokers = servers
        config.kafka.max_wait_time = 0.01
        config.kafka.pause_timeout = 0.05
        config.kafka.session_timeout = 1.5
        config.kafka.heartbeat_interval = 0.3
        yield config if block_given?
      end
    end

    def routes(&block)
      Karafka::App.consumer_groups.draw(&block)
      Karafka::App.boot!
    end
  RUBY

  # A process that ended.
  Ended = Struct.new(:status, :out, :err) do
    # @return [Integer, String] the signal's name when one ended it
    def code
      status.exitstatus || Signal.signame(status.termsig)
    end
  end

  # A running process.
  class Child
    include Waiting

    attr_reader :pid

    def initialize(command, env: {}, dir: Dir.pwd)
      @err_file = Tempfile.new("child")
      @lines = []
      reader, writer = IO.pipe
      # An embedded broker's connections among them: a child that had them would keep them open when the broker closes.
      files = { out: writer, err: @err_file.path, in: File::NULL, close_others: true }
      @pid = Process.spawn(env, *command, **files, chdir: dir)
      writer.close
      @waiter = Process.detach(@pid)
      @reader = Thread.new { reader.each_line(chomp: true) { |line| @lines << line } }
    end

    def lines
      @lines.dup
    end

    def err
      File.read(@err_file.path)
    end

    # Waits for a line and gives it.
    def line(pattern, timeout: 20)
      wait_until("a line with #{pattern.inspect} (#{lines.last(5)}, #{err})", timeout: timeout) do
        @lines.find { |line| pattern === line } || (raise "it ended: #{lines.last(5)} #{err}" unless alive?)
      end
    end

    def alive?
      @waiter.alive? || @reader.alive?
    end

    def signal(name)
      Process.kill(name, @pid)
    end

    # Waits for the end.
    # @return [Ended]
    def finish(timeout: 30)
      raise "process #{@pid} did not end in #{timeout} s: #{lines.last(5)} #{err}" unless @waiter.join(timeout)

      @reader.join(timeout)
      Ended.new(@waiter.value, lines, err)
    end

    def kill
      Process.kill(:KILL, @pid) if @waiter.alive?
      @waiter.join
      @reader.join(5)
      @err_file.close!
    end
  end

  # Starts a script in a Ruby of its own.
  # @return [Child]
  def child(script, *arguments, env: {})
    start_child([*RUBY, script_file(script), *arguments], env: brokers.merge(env))
  end

  # Runs a script to its end.
  # @return [Ended]
  def run_child(script, *arguments, timeout: 30, env: {})
    child(script, *arguments, env: env).finish(timeout: timeout)
  end

  # Starts `karafka`.
  # @return [Child]
  def karafka(*arguments, env: {}, dir: Dir.pwd)
    start_child([*RUBY, EXECUTABLE, *arguments], env: env, dir: dir)
  end

  # Starts `karafka server` with a script for karafka.rb.
  # @return [Child]
  def karafka_server(script, env: {})
    karafka("server", env: brokers.merge("KARAFKA_BOOT_FILE" => script_file(script), **env))
  end

  def script_file(script)
    file = Tempfile.new(%w[script .rb])
    file.write(PRELUDE, script)
    file.close
    (@scripts ||= []) << file
    file.path
  end

  def brokers
    @broker ? { "BROKERS" => @broker.bootstrap_servers } : {}
  end

  def start_child(command, **how)
    Child.new(command, **how).tap { |child| (@children ||= []) << child }
  end

  def end_children
    @children&.each(&:kill)
    @scripts&.each(&:close!)
  end
end

# Owns what examples hear from the monitor, and that they stop hearing it.
module Hearing
  # @yield after each event, on the thread that told it
  # @return [Array<Hash>] payloads of the event, as they come
  def hear(event)
    [].tap do |heard|
      subscriber = lambda do |told|
        heard << told.payload
        yield if block_given?
      end
      (@subscribers ||= []) << subscriber
      Karafka.monitor.subscribe(event, &subscriber)
    end
  end

  def stop_hearing
    @subscribers&.each { |subscriber| Karafka::Monitor.instance.unsubscribe(subscriber) }
  end
end

RSpec.configure do |config|
  config.include Children
  config.include Hearing
  config.after do
    end_children
    stop_hearing
  end
end
