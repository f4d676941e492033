# frozen_string_literal: true

require "spec_helper"
require_relative "support/jobs"

# Owns the proof that a server which is killed loses no job, and that jobs of one key stay in order.
RSpec.describe "Jobs of a server that is killed" do
  serve = <<~RUBY
    require "karafka_rs/active_job"
    ActiveJob::Base.logger = Logger.new(IO::NULL)
    ActiveJob::Base.queue_adapter = :karafka

    class KilledJob < ActiveJob::Base
      retry_on(KeyError, wait: 0, attempts: 3)

      def perform(key, number)
        puts "\#{key} \#{number}"
        sleep 0.005 # slow user code
        raise KeyError if key == "retried" && executions == 1
      end
    end

    application
    routes { active_job_topic :default }
    Karafka.monitor.subscribe("partitions.assigned") { |event| puts "assigned" if event[:partitions].any? }
    Karafka::Server.run
  RUBY

  keys = %w[a b c d e].freeze
  plain = (0...140).map { |number| [keys[number % keys.size], number] }.freeze
  waiting = (140...180).map { |number| ["waiting", number] }.freeze
  retried = (180...200).map { |number| ["retried", number] }.freeze

  def enqueue(type, plain, waiting, retried)
    retried.each { |arguments| type.set(wait: 0.2).perform_later(*arguments) }
    waiting.each { |key, number| type.set(wait: (number % 20) * 0.2).perform_later(key, number) }
    plain.each { |arguments| type.perform_later(*arguments) }
  end

  # What a killed process was about to print is not there.
  def lines(children)
    children.flat_map(&:lines).grep(/\A\w+ \d+\z/).map(&:split).map { |key, number| [key, number.to_i] }
  end

  it "runs each job that waits, though servers come and go meanwhile" do
    broker("default" => 3, "default.scheduled" => 3)
    setup_application
    draw { active_job_topic :default }
    type = job("KilledJob")
    jobs = Array.new(150) { |number| ["waiting", number] }
    jobs.each { |key, number| type.set(wait: 0.5 + (number * 37 % 150 * 0.05)).perform_later(key, number) }
    children = [child(serve)]
    [30, 70, 100].each do |count|
      wait_until("#{count} jobs", timeout: 40) { lines(children).uniq.size >= count }
      children << child(serve)
      children.last.line("assigned")
      children[-2].signal("TERM")
      expect(children[-2].finish.code).to eq(0)
    end
    wait_until("all jobs", timeout: 40) { lines(children).uniq.size >= 150 }
    # The embedded broker refuses commits while a group joins, so some run twice; on other brokers none does.
    repeats = lines(children).size - 150
    RSpec.configuration.reporter.message("    ran again after three changes of servers: #{repeats} of 150")
    expect(lines(children).uniq.sort).to eq(jobs.sort)
  end

  it "runs each of 200 jobs, those of one key in order, though it is killed three times" do
    broker("default" => 5, "default.scheduled" => 2)
    setup_application
    draw { active_job_topic :default }
    type = job("KilledJob") { karafka_options key: ->(job) { job.arguments.first if job.arguments.first.size == 1 } }
    enqueue(type, plain, waiting, retried)

    children = []
    [40, 90, 150].each do |count|
      children << child(serve)
      wait_until("#{count} jobs", timeout: 40) { lines(children).uniq.size >= count }
      children.last.signal("KILL")
      expect(children.last.finish.code).to eq("KILL")
    end
    children << child(serve)
    # One that failed runs again.
    wait_until("all jobs", timeout: 60) do
      ran = lines(children)
      ran.uniq.size >= 200 && retried.all? { |it| ran.count(it) > 1 }
    end
    children.last.signal("TERM")
    expect(children.last.finish.code).to eq(0)

    ran = lines(children)
    expect(ran.uniq.sort).to eq((plain + waiting + retried).sort)
    keys.each do |key|
      expect(ran.select { |it| it.first == key }.uniq).to eq(plain.select { |it| it.first == key })
    end
    repeats = [plain, waiting].map { |jobs| jobs.sum { |it| ran.count(it) - 1 } }
    RSpec.configuration.reporter.message("    ran again after three kills: #{repeats[0]} of #{plain.size} jobs, " \
                                         "#{repeats[1]} of #{waiting.size} that waited")
    expect(repeats[0]).to be < 40
  end
end
