# frozen_string_literal: true

require "open3"
require "rbconfig"
require "tmpdir"

# Owns the proof that the shop example does what it says, in processes of its own: each order comes to its right end,
# also when messages come twice, the verdict can be wrong, and the example's own specs hold.
RSpec.describe "The shop example" do
  root = File.expand_path("../..", __dir__)

  # Runs Ruby in the example's folder and returns its output, its errors and its exit code.
  define_method(:ruby) do |*arguments|
    environment = %w[KARAFKA_ENV KAFKA_BROKERS SHOP_ORDERS LOG_LEVEL].to_h { |name| [name, nil] }
    command = [RbConfig.ruby, "-I", File.join(root, "lib"), *arguments]
    place = { chdir: File.join(root, "examples/shop"), pgroup: true }
    Open3.popen3(environment, *command, **place) do |stdin, *outputs, process|
      stdin.close
      texts = outputs.map { |stream| Thread.new { stream.read } }
      unless process.join(90)
        Process.kill(:KILL, process.pid)
        raise "the example did not end within 90 s: #{texts.map(&:value).join}"
      end
      [*texts.map(&:value), process.value.exitstatus]
    end
  end

  # A day on which this code was run first.
  def day_with(code)
    Dir.mktmpdir do |folder|
      path = File.join(folder, "fault.rb")
      File.write(path, "require 'karafka_rs'\n#{code}")
      ruby("-r", path, "run.rb")
    end
  end

  let(:right) do
    "verdict: OK, 200 orders, 180 charged once and answered with a receipt, 20 rejected and not charged; " \
      "14,879.10 in all"
  end

  it "brings each order to its right end, and asks the bank for nothing twice" do
    output, errors, code = ruby("run.rb")

    expect([output.lines.last.chomp, errors, code]).to eq([right, "", 0])
    expect(output).to include("the bank was away 7 times, and was asked 0 times for what it had charged\n")
    expect(output.lines.grep(/ receipts /).map { |line| line.split.values_at(0, 1, 3) }).to eq(
      [%w[ada 24 1,612.70], %w[barbara 28 2,378.60], %w[donald 43 3,518.90], %w[edsger 48 3,935.90],
       %w[grace 37 3,433.00]]
    )
  end

  it "charges and answers each order once when messages come twice" do
    output, _errors, code = day_with(<<~RUBY)
      # Each partition's first unit raises when its work is done: nothing of it counts as done but what was marked.
      module Fault
        def call
          super
          raise "again" unless @again
        ensure
          @again = true
        end
      end
      Karafka.monitor.subscribe("app.initialized") do
        Karafka::BaseController.prepend(Fault)
        # The last mark of the unit is forgotten as well, so that the bank is asked again.
        PaymentsController.prepend(Module.new do
          def mark_as_consumed(params)
            super if @again
          end
        end)
      end
    RUBY

    expect([output.lines.last.chomp, code]).to eq([right, 0])
    expect(output[/asked (\d+) times/, 1].to_i).to be_positive
  end

  it "exits 1 with the differences when a receipt is wrong and a charge is doubled" do
    output, _errors, code = day_with(<<~RUBY)
      Karafka.monitor.subscribe("app.initialized") do
        ReceiptsResponder.prepend(Module.new do
          def respond(payments)
            super(payments.map { |it| it["number"].end_with?("-17") ? it.merge("cents" => 1) : it })
          end
        end)
        Shop::Bank.prepend(Module.new do
          def charge(number, cents)
            super(number, number.end_with?("-18") ? cents * 2 : cents)
          end
        end)
      end
    RUBY

    expect(output.lines.last).to match(/\Averdict: WRONG \(2\): \w+-17 got 1 from receipts, .*; \w+-18 was charged /)
    expect(code).to eq(1)
  end

  it "has specs, which pass without a broker" do
    output, _errors, code = ruby("-S", "rspec")

    expect(output).to match(/^\d\d examples, 0 failures$/)
    expect(code).to eq(0)
  end
end
