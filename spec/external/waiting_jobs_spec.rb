# frozen_string_literal: true

require_relative "support/ring"

# Owns the proof that no job is lost when the topic where jobs wait is made anew under the server that looks after them.
RSpec.describe "Jobs whose topic is made anew" do
  let(:queue) { Cluster.unique("queue") }

  setting = <<~RUBY
    require "karafka_rs/active_job"
    ActiveJob::Base.logger = Logger.new(IO::NULL)
    ActiveJob::Base.queue_adapter = :karafka

    class NamedJob < ActiveJob::Base
      queue_as ENV.fetch("QUEUE")

      def perform(name)
        puts "ran \#{name}"
      end
    end

    application do |config|
      config.client_id = ENV.fetch("QUEUE")
      config.kafka.session_timeout = #{Members::SESSION}
    end
    routes { active_job_topic ENV.fetch("QUEUE") }
  RUBY
  serve = "#{setting}Karafka::Server.run"
  enqueue = <<~RUBY
    #{setting}
    ENV.fetch("JOBS").split.each { |job| NamedJob.set(wait: job[/[\\d.]+\\z/].to_f).perform_later(job) }
  RUBY

  def run(script, **env)
    child(script, env: { **brokers, "QUEUE" => queue, **env.transform_keys(&:to_s) })
  end

  before do
    require "active_job"
  rescue LoadError
    skip "no Active Job here: run bin/setup --external"
  end

  it "are run once each, those that waited before and those that came after" do
    own_noida
    [queue, "#{queue}.scheduled"].each { |topic| Topics.create(servers, topic, 1) }
    expect(run(enqueue, JOBS: "a-0.1 b-0.1 kept-15 c-0.1 tomorrow-86400").finish.code).to eq(0)
    server = run(serve)
    %w[a-0.1 b-0.1 c-0.1].each { |job| server.line("ran #{job}") }
    Topics.delete(servers, "#{queue}.scheduled")
    Topics.create(servers, "#{queue}.scheduled", 1)
    expect(run(enqueue, JOBS: "d-0.1 e-0.1").finish.code).to eq(0)
    %w[d-0.1 e-0.1 kept-15].each { |job| server.line("ran #{job}", timeout: 40) }
    server.signal("TERM")
    expect(server.finish.code).to eq(0)
    expect(server.lines.grep(/\Aran/).tally.values.uniq).to eq([1])
    # What still waits is in the new topic, for whoever is next.
    member("#{queue}.scheduled", Cluster.unique("group")).line(/tomorrow/)
  end
end
