# frozen_string_literal: true

require "pty"

# Owns the proof that an application can be made, looked at and talked to from the command line.
RSpec.describe "The karafka executable in an application" do
  def application(more = "")
    boot_file(<<~RUBY).merge("KARAFKA_ROOT_DIR" => folder)
      application("127.0.0.1:1") { |config| config.client_id = "example_app" }
      #{more}
    RUBY
  end

  describe "install" do
    it "makes what an application needs, in an empty folder" do
      ended = run("install", dir: folder)
      expect([ended.code, ended.err]).to eq([0, ""])
      made = Dir[File.join(folder, "**/*")].map { |path| path.delete_prefix("#{folder}/") }
      expect(made).to include("karafka.rb", "app/controllers/application_controller.rb", "app/models", "config", "log",
                              "app/responders/application_responder.rb", "tmp/pids")
      info = run("info", dir: folder)
      expect([info.code, info.out[1]]).to eq([0, "Application client id: #{File.basename(folder)}"])
      expect(run("flow", dir: folder).out).to eq(["examples => (nothing)"])
    end

    it "touches no file that is there, a second time neither" do
      run("install", dir: folder)
      path = File.join(folder, "karafka.rb")
      File.write(path, "# mine\n")
      expect(run("install", dir: folder).out).to include("  kept    karafka.rb")
      expect(File.read(path)).to eq("# mine\n")
    end

    it "gives a Rails application consumers, and leaves its controllers alone" do
      FileUtils.mkdir_p([File.join(folder, "config"), File.join(folder, "app/controllers")])
      %w[application environment].each { |name| File.write(File.join(folder, "config/#{name}.rb"), "# Rails\n") }
      expect(run("install", dir: folder).code).to eq(0)
      expect(Dir.children(File.join(folder, "app/controllers"))).to eq([])
      expect(File.read(File.join(folder, "app/consumers/application_consumer.rb")))
        .to include("class ApplicationConsumer < Karafka::BaseConsumer")
      expect(File.read(File.join(folder, "karafka.rb"))).to include("karafka_rs:controller NAME")
    end

    it "says where it cannot write" do
      File.write(File.join(folder, "app"), "")
      expect_mistake(run("install", dir: folder), /cannot write into #{folder}.*KARAFKA_ROOT_DIR/)
    end
  end

  it "shows Karafka 1.1's lines first" do
    ended = run("info", env: application)
    expect(ended.out).to match([
                                 /\AKarafka framework version: #{Karafka::VERSION}/,
                                 "Application client id: example_app", "Backend: inline", "Batch fetching: true",
                                 "Batch consuming: false", /\ABoot file: .*script.*\.rb\z/, "Environment: development",
                                 'Kafka seed brokers: "127.0.0.1:1"'
                               ])
  end

  it "shows what librdkafka is given, and no secret" do
    ended = run("info", "--config", env: application(<<~RUBY))
      Karafka::App.setup do |config|
        config.kafka.sasl_scram_username = "anna"
        config.kafka.sasl_scram_mechanism = "sha512"
        config.kafka.ssl_client_cert = "first line\\nsecond line"
        config.kafka.sasl_scram_password = "geheim1"
        config.kafka.ssl_client_cert_key = "geheim2"
        config.kafka.ssl_client_cert_key_password = "geheim3"
        config.kafka.librdkafka = { "sasl.oauthbearer.client.secret" => "geheim4" }
      end
      routes do
        consumer_group(:first) { session_timeout 7; topic(:t) { controller Karafka::BaseController } }
        consumer_group(:second) { topic(:t) { controller Karafka::BaseController } }
      end
    RUBY
    expect([ended.code, ended.err]).to eq([0, ""])
    first, second, producer = ended.out.join("\n").split(/^(?:Consumer group \w+|Producer):$/).drop(1)
    expect(first).to include("group.id = example_app_first", "session.timeout.ms = 7000", "enable.auto.commit = false",
                             "sasl.username = anna", "sasl.password = [hidden]", "ssl.key.pem = [hidden]",
                             "ssl.certificate.pem = first line\n")
    expect(second).to include("group.id = example_app_second", "session.timeout.ms = 1500")
    expect(producer).to include("acks = all")
    expect(ended.out.join).not_to include("geheim")
  end

  it "shows which topics lead to which" do
    ended = run("flow", env: application(<<~RUBY))
      class Out < Karafka::BaseResponder
        topic :out1
        topic :out2, required: false, multiple_usage: true
      end
      routes do
        consumer_group(:g) do
          topic(:b) { controller Karafka::BaseController; responder Out }
          topic(:a) { controller Karafka::BaseController }
        end
      end
    RUBY
    expect(ended.out).to eq(["a => (nothing)", "b =>",
                             "  - out1:                 (always, exactly once)",
                             "  - out2:                 (conditionally, one or more)"])
  end

  it "runs commands of the application, in the form of Karafka 1.1" do
    env = application(<<~RUBY)
      module Karafka
        class Cli
          class Greet < Base
            desc "Say hello"
            option :name, default: "you", type: :string, aliases: :n
            option :loud, default: false, type: :boolean
            option :times, type: :numeric, default: 1

            def call
              cli.info
              cli.options[:times].to_i.times { puts "hello \#{cli.options[:name]}\#{"!" if cli.options[:loud]}" }
            end
          end
        end
      end
    RUBY
    expect(run("greet", env: env).out).to include("Application client id: example_app", "hello you")
    expect(run("gr", "-n", "Anna", "--loud", "--times", "2", env: env).out.last(2)).to eq(["hello Anna!"] * 2)
    expect(run("greet", "--help", env: env).out.first).to eq("Usage: karafka greet [options]")
    expect_mistake(run("greet", "--volume", env: env), /--volume/)
    expect_mistake(run("nothing", env: env), /nothing is not a command; use one of: .*greet/)
  end

  it "lets an application with commands load where the command line is not" do
    ended = run_child("class Karafka::Cli::Greet < Karafka::Cli::Base; end; puts Karafka::Cli.commands.keys")
    expect(ended.out).to include("greet", "server")
  end

  describe "console" do
    after do
      next unless @session

      Process.kill(:KILL, @session.pid) if @session.alive?
      @session.join
      @reader.join
    end

    # A terminal with the session; what it shows is gathered.
    # @return [IO] its keyboard
    def console(env)
      skip "this machine gives no terminal: is /dev/pts mounted?" unless terminals?
      output, input, pid = PTY.spawn(env, *Children::RUBY, Children::EXECUTABLE, "console", chdir: folder)
      @session = Process.detach(pid)
      @seen = +""
      @reader = Thread.new do
        loop do
          @seen << output.readpartial(1000)
          # A terminal tells where its cursor is.
          input.print("\e[1;1R") if @seen.delete_suffix!("\e[6n")
        end
      rescue IOError, SystemCallError
        # It has ended.
      end
      input
    end

    def terminals?
      PTY.open { true }
    rescue SystemCallError, RuntimeError
      false
    end

    def see(text)
      wait_until("#{text.inspect} in #{@seen.inspect}") { @seen.include?(text) }
    end

    it "has the application, and loads it again on request" do
      env = application("puts [:console, ENV['KARAFKA_CONSOLE']].join(' ')")
      keyboard = console(env.merge("TERM" => "dumb", "IRBRC" => File::NULL))
      see("console true")
      see("Application client id: example_app")
      keyboard.puts('puts "id is " + Karafka::App.config.client_id')
      see("id is example_app")
      @seen.clear
      keyboard.puts("reload!")
      see("console true")
      keyboard.puts('puts "sum is " + (40 + 2).to_s')
      see("sum is 42")
      keyboard.puts("exit")
      expect(@session.value.exitstatus).to eq(0)
      expect(File.read(File.join(folder, ".irb-history"))).to include("reload!")
    end

    it "says that there is no application" do
      expect_mistake(run("console", dir: folder), /karafka\.rb does not exist.*karafka install/)
    end

    it "ends with the application's own mistake" do
      expect_mistake(run("console", env: application("Karafka::App.config.nonsense = 1")), /config\.nonsense/)
    end
  end
end
