# frozen_string_literal: true

require "stringio"

# Owns the proof that the command line refuses what it does not know in one line on stderr with exit code 1, and starts
# nothing. Runs in this process; what needs one of its own is in integration/cli_spec.rb.
RSpec.describe "Bad input: the command line" do
  around do |example|
    before = ENV.fetch("KARAFKA_BOOT_FILE", nil)
    ENV["KARAFKA_BOOT_FILE"] = "nowhere.rb"
    example.run
  ensure
    ENV["KARAFKA_BOOT_FILE"] = before
  end

  # What it said, and its exit code.
  def run(*arguments)
    out, err = [$stdout, $stderr]
    $stdout = StringIO.new
    $stderr = StringIO.new
    code = Karafka::Cli.start(arguments)
    [code, $stdout.string, $stderr.string.b]
  ensure
    $stdout = out
    $stderr = err
  end

  long = "n" * 250
  {
    [""] => "use one of", [" "] => "use one of", %w[serverr] => "serverr", %w[--nope] => "--nope", %w[-x] => "-x",
    ["\0"] => "use one of", ["\xFF"] => "is not UTF-8", %w[broker -x] => "-x", %w[broker -t] => "-t",
    %w[server -g] => "-g",
    %w[broker stray] => "stray", ["info", ""] => "info", %w[info -g x] => "-g", %w[broker -- x] => "x",
    %w[broker -b 1.5] => "1.5", ["broker", "-b", ""] => "-b", %w[broker -b 2x] => "2x", %w[broker --brokers=x] => "=x",
    %w[broker -b 0x3e9] => "brokers is 1001; give",
    %w[broker -b 18446744073709551616] => "brokers is 18446744073709551616",
    %w[broker -b -9] => "brokers is -9; give a number from 1 to 1000", %w[broker -b NaN] => "NaN",
    %w[broker -t a:18446744073709551616] => "partitions is 18446744073709551616; give a number from 1 to 10000",
    %w[broker -t a:10001] => "partitions is 10001; give", %w[broker -t a:1.5] => "a:1.5", %w[broker -t a:] => "a:",
    %w[broker -t a:-1] => "a:-1", %w[broker -t a:x] => "a:x", %w[broker -t a:1:1] => "a:1:1", %w[broker -t :1] => ":1",
    ["broker", "-t", "#{long}:1"] => "nnnn", ["broker", "-t", "a\nb:1"] => 'topic is "a\nb"; give',
    ["broker", "-t", " a:1"] => 'topic is " a"; give', ["broker", "-t", "a\0:1"] => 'topic is "a\u0000"; give',
    %w[broker -t ..:1] => 'topic is ".."; give', %w[broker -t ż:1] => "topic is", %w[broker -t a -t a/b] => "a/b",
    %w[server] => "nowhere.rb does not exist", %w[info] => "nowhere.rb does not exist"
  }.each do |arguments, shown|
    it "refuses #{arguments.inspect[0, 40]}" do
      code, out, err = run(*arguments)
      expect([code, out]).to eq [1, ""]
      expect(err).to match(/\Akarafka: [^\n]+\n\z/n).and include(shown.b)
    end
  end
end
