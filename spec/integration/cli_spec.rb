# frozen_string_literal: true

# Owns the proof that the `karafka` executable answers as documented, each mistake with one line and exit code 1.
RSpec.describe "The karafka executable" do
  ["help", "--help", "-h", nil].each do |argument|
    it "shows the commands for #{argument.inspect}" do
      ended = run(*argument)
      expect([ended.code, ended.err]).to eq([0, ""])
      expect(ended.out.join("\n")).to match(/broker.*info.*server/m)
    end
  end

  it "names a setting that does not exist, and where it was written" do
    expect_mistake(run("info", env: boot_file("application('h:1') { |config| config.clientid = 'x' }")),
                   /config\.clientid is not a setting.*client_id.*\(.*:\d+/)
  end

  it "shows versions" do
    %w[version --version -v].each do |argument|
      ended = run(argument)
      expect(ended.out).to eq(["karafka_rs #{Karafka::VERSION} (librdkafka #{Karafka::Native.librdkafka_version})"])
    end
  end

  it "shows settings, and no secret" do
    ended = run("info", env: boot_file(<<~RUBY))
      application("kafka+ssl://127.0.0.1:9093") { |config| config.kafka.ssl_client_cert_key_password = "geheim" }
    RUBY
    expect([ended.code, ended.err]).to eq([0, ""])
    expect(ended.out.join("\n")).to include("client id: child").and include("kafka+ssl://127.0.0.1:9093")
    expect(ended.out.join).not_to include("geheim")
  end

  it "knows a command by its beginning" do
    expect(run("inf", env: boot_file('application("127.0.0.1:1")')).code).to eq(0)
    expect_mistake(run("x"), /x is not a command; use one of: .*server/)
    expect_mistake(run("i"), /i is short for more than one command; use one of: info, install/)
  end

  it "helps with each command" do
    Karafka::Cli.commands.each_key do |command|
      [run(command, "--help"), run("help", command)].each do |ended|
        expect([ended.code, ended.err]).to eq([0, ""])
        expect(ended.out.first).to start_with("Usage: karafka #{command}")
      end
    end
  end

  {
    %w[broker --topic a:b] => /a:b is not NAME/,
    %w[broker --topic a:0] => /a:0 is not NAME/,
    %w[broker --topic a:1:2] => /a:1:2 is not NAME/,
    %w[broker --topic :1] => /:1 is not NAME/,
    %w[broker --topic a/b:1] => %r{a/b},
    %w[broker --topic] => /--topic/,
    %w[broker --brokers none] => /none/,
    %w[broker --brokers 0] => /0/,
    %w[broker --brokers -1] => /-1/,
    %w[broker --brokers 100000] => /100000/,
    %w[broker --nonsense] => /--nonsense/,
    %w[broker stray] => /stray/,
    %w[server --nonsense] => /--nonsense/,
    %w[info stray] => /stray/,
    %w[server --pid] => /--pid/,
    %w[server stray] => /stray/,
    %w[topics] => /wants ACTION/,
    %w[topics drop] => /drop is not known; use one of: list, create, delete, describe/,
    %w[topics list orders] => /takes no name/,
    %w[topics create] => /wants the NAME/,
    %w[topics create a --partitions 0 --brokers h:1] => /--partitions is 0/,
    %w[topics create a -n 99999999999 --brokers h:1] => /--partitions is 99999999999; give a number from 1 to/,
    %w[topics create a -r 99999999999 --brokers h:1] => /--replication-factor is 99999999999; give a number from 1/,
    %w[topics create a --partitions x] => /--partitions x/,
    %w[topics create a --config retention --brokers h:1] => /--config retention is not KEY=VALUE/,
    %w[topics delete a --partitions 2] => /--partitions is for topics create/,
    %w[topics list --brokers nonsense] => /--brokers.*"nonsense"/,
    %w[topics list --brokers h:1 --timeout 0] => /--timeout is 0/,
    %w[lag stray] => /stray/
  }.each do |arguments, pattern|
    it "refuses `karafka #{arguments.join(" ")}` with one line" do
      expect_mistake(run(*arguments), pattern)
    end
  end

  it "says which boot file is missing" do
    expect_mistake(run("server", env: { "KARAFKA_BOOT_FILE" => "nowhere.rb" }), /nowhere\.rb does not exist/)
  end

  it "tells a boot error in one message with exit code 1, and starts nothing" do
    ended = run("server", env: boot_file('application("nonsense://x:1"); Karafka::App.boot!'))
    expect([ended.code, ended.out]).to eq([1, []])
    expect(ended.err).to match(/\Akarafka: .*seed_brokers.*nonsense/)
  end

  it "refuses a group without a name, which an unset variable of the shell gives" do
    [["-g", ""], ["-g", "a,,b"], ["--consumer-groups", " "]].each do |arguments|
      expect_mistake(run("server", *arguments, env: boot_file("")), /--consumer-groups was given an empty name; give/)
    end
  end

  it "tells any mistake in one line" do
    expect_mistake(run("broker", "--topics", "x"), /invalid option: --topics/)
    expect_mistake(run("broker", "-t", "a\nb:1"), /a b:1|a\\nb/)
    expect_mistake(run("broker", "-t", "a\xFF:1"), /the argument "a\?:1" is not UTF-8/)
  end

  it "refuses a group that no route has" do
    script = 'application("127.0.0.1:1"); routes { topic(:t) { controller Karafka::BaseController } }'
    expect_mistake(run("server", "-g", "other", env: boot_file(script)), /unknown consumer group other.*have t/)
  end

  it "runs a broker with the topics asked for until TERM" do
    process = karafka("broker", "-t", "a:3", "-t", "b", "-b", "2")
    servers = process.line(/:\d+/)
    expect(servers.split(",").size).to eq(2)
    producer = Karafka::Producer.new("bootstrap.servers" => servers)
    expect(producer.produce_sync(topic: "a", payload: "1", partition: 2).partition).to eq(2)
    expect(producer.produce_sync(topic: "b", payload: "1", partition: 0).partition).to eq(0)
    process.signal("TERM")
    ended = process.finish(timeout: 5)
    expect([ended.code, ended.err]).to eq([0, ""])
  ensure
    producer&.close(0)
  end
end
