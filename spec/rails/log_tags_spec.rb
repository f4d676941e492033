# frozen_string_literal: true

require "spec_helper"
require_relative "support/rails_app"

# Owns the proof that lines of the framework and of the application say which job they belong to, and only that one.
RSpec.describe "Tags of the log in Rails" do
  let(:app) do
    broker("t" => 2, "jobs" => 1, "jobs.scheduled" => 1)
    rails_app(frameworks: %w[active_job], setup: "config.active_job.queue_adapter = :karafka")
  end

  # @return [Array<String>]
  def lines(pattern)
    app.lines("log/development.log").grep(pattern)
  end

  def wait_for_lines(pattern, count)
    wait_until("#{count} lines with #{pattern.inspect}, #{app.lines("log/development.log")}") do
      lines(pattern).size >= count
    end
    lines(pattern)
  end

  def serve(consumer, **how)
    prepare(consumer, **how)
    app.server
  end

  def prepare(consumer, route: "batch_consuming false", setup: "", after: "")
    app.write("app/consumers/orders_consumer.rb" => "class OrdersConsumer < Karafka::BaseConsumer\n#{consumer}\nend\n")
    app.karafka("topic(:t) { controller OrdersConsumer\n#{route} }", setup: setup, after: after)
  end

  def send_each(*payloads, partition: 0)
    app.produce(*payloads.map { |payload| { topic: "t", partition: partition, payload: payload } })
  end

  it "are topic and partition, and offset, in lines of both, and of nobody else" do
    server = serve(<<~RUBY)
      def on_assigned = Rails.logger.info("hook")
      def consume
        Rails.logger.info("mine \#{params.raw_payload}")
        raise "no" if params.raw_payload == "b" && attempt == 1
      end
      def on_shutdown = Rails.logger.info("hook")
    RUBY
    send_each("a", "b", "c")
    expect(wait_for_lines(/mine/, 4)).to eq(["[t/0] [offset 0] mine a", "[t/0] [offset 1] mine b",
                                             "[t/0] [offset 1] mine b", "[t/0] [offset 2] mine c"])
    expect(lines(/RuntimeError/))
      .to match([%r{\A\[t/0\] \[offset 1\] t t/0: RuntimeError: no; attempt 1 from offset 1}])
    server.signal("TERM")
    server.finish
    expect(lines(/hook/).sort).to eq(["[t/0] hook", "[t/0] hook", "[t/1] hook", "[t/1] hook"])
    expect(lines(/\A(running|stopping|stopped|t: assigned)/).size).to be >= 4
  end

  it "are of a batch its first message, and what the application has chosen" do
    serve(<<~RUBY, route: "batch_consuming true", setup: "config.log.tags = %i[attempt group offset topic]")
      def consume
        Rails.logger.info("mine \#{params_batch.first.offset}")
        raise "no" if attempt == 1
      end
    RUBY
    send_each("a")
    expect(wait_for_lines(/mine/, 2)).to eq(["[t] [t] [attempt 1] [offset 0] mine 0",
                                             "[t] [t] [attempt 2] [offset 0] mine 0"])
  end

  it "are none when none are wanted, and no job's are the next one's, whatever it leaves behind" do
    serve(<<~RUBY)
      def consume
        Rails.logger.push_tags("left behind")
        Rails.logger.info("mine \#{params.offset}")
        Karafka::App.config.log.tags = [] if params.offset == 3
        Thread.exit if params.offset == 1 && attempt == 1
      end
    RUBY
    4.times { |number| send_each(number.to_s) && wait_for_lines(/mine #{number}/, number == 1 ? 2 : 1) }
    told = [0, 1, 1, 2, 3].map { |offset| "[t/0] [offset #{offset}] [left behind] mine #{offset}" }
    expect(lines(/mine/)).to eq(told)
    send_each("4", partition: 1)
    expect(wait_for_lines(/mine 0/, 2).last).to eq("[left behind] mine 0")
  end

  it "are those of each thread, while jobs run side by side" do
    serve(<<~RUBY, after: "MET = Queue.new\n")
      def consume
        Rails.logger.info("before \#{params.raw_payload}")
        MET << true
        sleep(0.001) until MET.size == 2 # user code that is slow on two threads
        Rails.logger.info("after \#{params.raw_payload}")
      end
    RUBY
    send_each("a")
    send_each("b", partition: 1)
    wait_for_lines(/after/, 2)
    expect(lines(/(before|after) [ab]/).sort).to eq(["[t/0] [offset 0] after a", "[t/0] [offset 0] before a",
                                                     "[t/1] [offset 0] after b", "[t/1] [offset 0] before b"])
  end

  it "stand in front of Active Job's own" do
    app.write("app/jobs/greet_job.rb" => <<~RUBY)
      class GreetJob < ActiveJob::Base
        queue_as :jobs
        def perform = logger.info("hello")
      end
    RUBY
    app.karafka("active_job_topic(:jobs)")
    app.server
    ended = app.runner("GreetJob.perform_later")
    expect(ended).to have_attributes(code: 0)
    expect(wait_for_lines(/hello/, 1))
      .to match([%r{\A\[jobs/0\] \[offset \d\] \[ActiveJob\] \[GreetJob\] \[[\h-]{36}\] hello\z}])
  end

  it "are in Rails' log, too, when the framework writes to another one, and keep out of its JSON" do
    prepare(<<~RUBY, setup: 'config.logger = Logger.new(Rails.root.join("own.log")); config.log.format = :json')
      def consume = Rails.logger.info("mine") && raise("no")
    RUBY
    app.start(:karafka, "server")
    send_each("a")
    expect(wait_for_lines(/mine/, 1).first).to eq("[t/0] [offset 0] mine")
    wait_until("it failed") { app.read("own.log").include?("worker.failed") }
    expect(app.lines("own.log").drop(1).map { |line| JSON.parse(line)["event"] }).to include("worker.failed")
  end

  it "keep out of JSON in Rails' log" do
    prepare("def consume = raise(\"no\")", setup: "config.log.format = :json")
    app.start(:karafka, "server")
    send_each("a")
    failed = wait_for_lines(/worker\.failed/, 1).first
    expect(JSON.parse(failed)).to include("topic" => "t", "partition" => 0, "offset" => 0)
  end
end
