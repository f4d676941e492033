# frozen_string_literal: true

# Owns the proof that `karafka server` can be deployed: in the background, with a pid file that others may rely on, for
# some of the groups.
RSpec.describe "karafka server" do
  def pid_file
    File.join(folder, "pids", "app.pid")
  end

  # Each consumed payload is a line of the file.
  def consumed
    File.join(folder, "consumed").then { |path| File.exist?(path) ? File.readlines(path, chomp: true) : [] }
  end

  def application(more = "")
    broker("t" => 1) unless @broker
    boot_file(<<~RUBY).merge(brokers, "OUT" => File.join(folder, "consumed"), "KARAFKA_ROOT_DIR" => folder)
      application
      class Writing < Karafka::BaseController
        def consume
          File.write(ENV.fetch("OUT"), "\#{params.raw_payload}\\n", mode: "a")
        end
      end
      routes { %w[a b c].each { |name| consumer_group(name) { topic(:t) { controller Writing } } } }
      Karafka.monitor.subscribe("app.running") { puts "running" }
      #{more}
    RUBY
  end

  def produce(payload)
    producer = Karafka::Producer.new("bootstrap.servers" => broker.bootstrap_servers)
    producer.produce_sync(topic: "t", payload: payload)
  ensure
    producer&.close
  end

  def alive?(pid)
    Process.kill(0, pid)
    true
  rescue Errno::ESRCH
    false
  end

  # A number that no process has any more.
  def dead_pid
    pid = Process.spawn("true")
    Process.wait(pid)
    pid
  end

  def hold(text)
    FileUtils.mkdir_p(File.dirname(pid_file))
    File.write(pid_file, text)
  end

  context "with --daemon" do
    after { Process.kill(:KILL, @daemon) if @daemon && alive?(@daemon) }

    # @return [Integer] the number of the process in the background
    def start(*arguments, env: application)
      ended = run("server", "-d", "-p", pid_file, *arguments, env: env)
      expect([ended.code, ended.err]).to eq([0, ""])
      expect(ended.out.first).to eq("Starting Karafka server")
      @daemon = Integer(File.read(pid_file))
    end

    it "consumes in the background until INT, and then its pid file vanishes" do
      pid = start("-g", "a")
      produce("one")
      wait_until("the message") { consumed == ["one"] }
      expect(Process.getsid(pid)).not_to eq(Process.getsid)
      Process.kill(:INT, pid)
      wait_until("the end of the file") { !File.exist?(pid_file) }
      wait_until("the end of the process") { !alive?(pid) }
    end

    it "can use producers that the boot file makes and uses" do
      start("-g", "a", env: application(<<~RUBY))
        WaterDrop::SyncProducer.call("at boot", topic: "t")
        Karafka.monitor.subscribe("app.running") { WaterDrop::SyncProducer.call("running", topic: "t") }
      RUBY
      wait_until("both messages") { consumed == ["at boot", "running"] }
    end

    it "tells the terminal when the application does not boot, and leaves no file" do
      expect_mistake(run("server", "-d", "-p", pid_file, env: application("Karafka::App.config.nonsense = 1")),
                     /config\.nonsense is not a setting/)
      expect(File.exist?(pid_file)).to be(false)
    end

    it "tells the terminal when librdkafka refuses a setting" do
      ended = run("server", "-d", "-p", pid_file, env: application(<<~RUBY))
        Karafka::App.consumer_groups.each { |group| group.librdkafka = { "nonsense" => 1 } }
      RUBY
      expect([ended.code, File.exist?(pid_file)]).to eq([1, false])
      expect(ended.err).to match(/\Akarafka: .*nonsense.*\n\z/)
    end

    it "refuses to start twice" do
      pid = start("-g", "a")
      expect_mistake(run("server", "-d", "-p", pid_file, env: application), /process #{pid}, which is running/)
      expect(Integer(File.read(pid_file))).to eq(pid)
    end

    it "has its file in tmp/pids of the application by default" do
      expect(run("server", "--daemon", env: application).code).to eq(0)
      path = File.join(folder, "tmp/pids/karafka")
      @daemon = Integer(File.read(path))
      Process.kill(:TERM, @daemon)
      wait_until("the end of the file") { !File.exist?(path) }
    end
  end

  context "with --pid alone" do
    it "takes over the file of a process that has ended, and removes it at the end" do
      hold(dead_pid.to_s)
      server = karafka("server", "--pid", pid_file, env: application)
      wait_until("the pid") { File.read(pid_file).strip == server.pid.to_s }
      server.line("running")
      server.signal("TERM")
      expect(server.finish.code).to eq(0)
      expect(File.exist?(pid_file)).to be(false)
    end

    it "refuses the file of a process that runs, and leaves it" do
      hold(Process.pid.to_s)
      expect_mistake(run("server", "-p", pid_file, env: application), /process #{Process.pid}, which is running/)
      expect(File.read(pid_file)).to eq(Process.pid.to_s)
    end

    it "refuses a file that is something else, and one it cannot write" do
      hold("setup do |config|")
      expect_mistake(run("server", "-p", pid_file, env: application), /is not a pid file.*setup do/)
      expect(File.read(pid_file)).to eq("setup do |config|")
      expect_mistake(run("server", "-p", File.join(pid_file, "x"), env: application), /cannot write the pid file.*x/)
    end

    it "removes the file when work is left behind" do
      stuck = <<~RUBY
        class Writing
          def consume
            File.write(ENV.fetch("OUT"), "in\\n", mode: "a")
            sleep # as user code does that never ends
          end
        end
        Karafka::App.config.shutdown_timeout = 0.2
      RUBY
      server = karafka("server", "-p", pid_file, "-g", "a", env: application(stuck))
      produce("one")
      wait_until("the work") { consumed == ["in"] }
      server.signal("TERM")
      expect(server.finish.code).to eq(2)
      expect(File.exist?(pid_file)).to be(false)
    end
  end

  it "leaves the default file alone in the foreground" do
    path = File.join(folder, "tmp/pids/karafka")
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, Process.pid.to_s)
    server = karafka("server", env: application)
    server.line("running")
    server.signal("TERM")
    expect(server.finish.code).to eq(0)
    expect(File.read(path)).to eq(Process.pid.to_s)
  end

  [%w[-g a c], %w[-g a,c], %w[--consumer-groups a c], %w[--consumer_groups a,c], %w[-g a -g c]].each do |groups|
    it "consumes only what `#{groups.join(" ")}` names" do
      told = 'Karafka.monitor.subscribe("app.running") do
                puts "active #{Karafka::App.consumer_groups.active.map(&:name)}"; Karafka::App.stop!
              end'
      expect(run("server", *groups, env: application(told)).out).to include('active ["a", "c"]')
    end
  end
end
