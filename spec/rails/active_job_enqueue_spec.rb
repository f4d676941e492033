# frozen_string_literal: true

require "spec_helper"
require_relative "support/jobs"

# Owns what the adapter does when jobs are enqueued: which record is written, what is told to the caller, and what is
# refused.
RSpec.describe "Enqueuing a job" do
  # In every Rails: it would swallow an error of its own.
  def refused_by_kafka(job)
    error = raised { job.enqueue }
    expect(error).to be_a(Karafka::Errors::KafkaError)
    expect(job.provider_job_id).to be_nil
    error
  end

  describe "as a record" do
    it "writes one record, in the topic of its queue, which is there when perform_later returns" do
      jobs_application
      given = job { queue_as :default }.perform_later("a", 1, b: :c)
      expect(given.provider_job_id).to eq("default/0/0")
      record = stored("default", 1).first
      expect(record).to include(key: nil, headers: {})
      expect(record[:job]).to include("job_class" => "ProbeJob", "job_id" => given.job_id, "queue_name" => "default",
                                      "executions" => 0)
    end

    it "honours prefix, delimiter and a queue that a block names" do
      broker("shop.mails" => 1)
      setup_application
      draw { active_job_topic "shop.mails" }
      type = job do
        self.queue_name_prefix = "shop"
        self.queue_name_delimiter = "."
        queue_as { arguments.first }
      end
      expect(type.perform_later("mails").provider_job_id).to eq("shop.mails/0/0")
    end

    it "asks the topic mapper" do
      mapper = Class.new { def incoming(topic) = topic.delete_prefix("dc1.") and def outgoing(topic) = "dc1.#{topic}" }
      broker("dc1.default" => 1, "dc1.default.scheduled" => 1)
      setup_application { |config| config.topic_mapper = mapper.new }
      draw { active_job_topic :default }
      expect(job.perform_later.provider_job_id).to eq("dc1.default/0/0")
      expect(job.set(wait: 60).perform_later.provider_job_id).to eq("dc1.default.scheduled/0/0")
    end

    it "writes a job that waits, with its due time, where it waits, and one whose time has come at once" do
      jobs_application
      due = Time.now + 60.0015
      expect(job.set(wait_until: due).perform_later.provider_job_id).to eq("default.scheduled/0/0")
      expect(job.set(wait: 0).perform_later.provider_job_id).to eq("default/0/0")
      expect(job.set(wait_until: Time.now - 60).perform_later.provider_job_id).to eq("default/0/1")
      header = stored("default.scheduled", 1).first[:headers].fetch("active-job-due")
      expect(header.to_i - (due.to_f * 1000)).to be_between(0, 1)
    end

    it "works in a forked child without a word" do
      jobs_application
      job.perform_later
      reader, writer = IO.pipe
      pid = fork do
        writer.write(ProbeJob.perform_later.provider_job_id)
        exit!(0)
      end
      writer.close
      Process.wait(pid)
      expect(reader.read).to eq("default/0/1")
    end
  end

  describe "with a key" do
    before { jobs_application(partitions: 8) }

    def keys(*jobs)
      jobs.each(&:enqueue)
      found = stored("default", jobs.size).to_h { |record| [record[:job]["job_id"], record[:key]] }
      found.values_at(*jobs.map(&:job_id))
    end

    it "takes it from a Proc, a method of the job, or a text" do
      first = job("FirstJob") { karafka_options key: ->(job) { job.arguments.first[:id] } }
      second = job("SecondJob") do
        karafka_options key: :owner

        private

        def owner
          "owner #{arguments.first}"
        end
      end
      third = job("ThirdJob") { karafka_options key: "all" }
      expect(keys(first.new(id: 7), second.new(5), third.new)).to eq(["7", "owner 5", "all"])
    end

    it "has none where the key is nil, and classes have that of their parent" do
      parent = job("ParentJob") { karafka_options key: ->(job) { job.arguments.first } }
      child = job("ChildJob", parent: parent)
      deaf = job("DeafJob", parent: parent) { karafka_options key: nil }
      expect(keys(parent.new(nil), child.new("x"), deaf.new("y"))).to eq([nil, "x", nil])
    end

    it "keeps jobs of one key in one partition, in their order" do
      type = job { karafka_options key: ->(job) { job.arguments.first } }
      20.times { |number| type.perform_later("k#{number % 3}", number) }
      type.perform_later("k0", 20)
      places = stored("default", 21).group_by { |record| record[:key] }
      expect(places.values.map { |records| records.map { |it| it[:partition] }.uniq.size }).to eq([1, 1, 1])
      numbers = places.values.map { |records| records.map { |it| it[:job]["arguments"].last } }
      expect(numbers).to eq(numbers.map(&:sort))
    end

    it "refuses an empty one, and an option that is none" do
      refused(Karafka::Errors::InvalidJob, "ProbeJob", "key is empty") do
        job { karafka_options key: "" }.perform_later
      end
      refused(ArgumentError, "ProbeJob", "did you mean key") { job.karafka_options(kei: 1) }
      refused(ArgumentError, "ProbeJob", "7") { job.karafka_options(key: 7) }
    end
  end

  describe "that asks for what cannot be" do
    before { jobs_application }

    it "refuses a priority" do
      type = job { queue_with_priority 10 }
      refused(Karafka::Errors::InvalidJob, "ProbeJob", "10", cure: /; .*queue_as :urgent/) { type.perform_later }
      refused(Karafka::Errors::InvalidJob, "ProbeJob", "5") { job.set(priority: 5).perform_later }
    end

    it "refuses a queue that is no name of a topic" do
      ["low prio", "é", "..", "a" * 250, "a/b"].each do |name|
        type = job.set(queue: name)
        refused(Karafka::Errors::InvalidJob, "ProbeJob", "queue", cure: /; name it/) { type.perform_later }
      end
    end

    it "refuses to wait where nobody would wake it" do
      Karafka::App.consumer_groups.draw { active_job_topic :now, scheduled: false }
      %i[now unknown].each do |queue|
        refused(Karafka::Errors::InvalidJob, "ProbeJob", "#{queue}.scheduled", cure: /; route it .* without wait/) do
          job.set(wait: 5, queue: queue).perform_later
        end
      end
    end

    it "refuses arguments that JSON cannot hold" do
      [Float::NAN, "\xFF".b].each do |argument|
        refused(Karafka::Errors::InvalidJob, "ProbeJob", "JSON") { job.perform_later(argument) }
      end
    end

    it "warns once of a queue that no route of the process serves, and takes the job" do
      warnings = hear("app.warning")
      2.times { expect(job.set(queue: "mailers").perform_later.provider_job_id).to start_with("mailers/") }
      job.perform_later
      expect(warnings.size).to eq(1)
      expect(warnings.first[:message]).to match(/ProbeJob: .*queue mailers.*; add `active_job_topic :mailers`/)
    end
  end

  describe "that Kafka does not take" do
    it "tells of an argument of 2 MB" do
      jobs_application
      expect(refused_by_kafka(job.new("x" * 2_000_000)).message).to match(/MSG_SIZE|too large|size/i)
    end

    it "gives up after delivery_timeout, and says so" do
      jobs_application
      job.perform_later
      WaterDrop.setup { |config| config.kafka.delivery_timeout = 1 }
      WaterDrop::Producers.close(1)
      broker.close
      started = now
      error = refused_by_kafka(job.new)
      expect(now - started).to be_between(0.9, 5)
      expect(error.message).to match(/default.*raise `delivery_timeout`/)
    end
  end

  describe "together with others" do
    let(:type) { job }

    before do
      skip "Rails 7.1 and later" unless ActiveJob.respond_to?(:perform_all_later)
      jobs_application
    end

    it "sends all of them at once, each to its topic" do
      jobs = [type.new(1), type.new(2).set(wait: 60), type.new(3)]
      counts = []
      ActiveSupport::Notifications.subscribed(->(event) { counts << event.payload[:enqueued_count] },
                                              "enqueue_all.active_job") { ActiveJob.perform_all_later(jobs) }
      expect(jobs.map(&:provider_job_id)).to eq(%w[default/0/0 default.scheduled/0/0 default/0/1])
      expect([counts, jobs.map(&:successfully_enqueued?).uniq]).to eq([[3], [true]])
    end

    it "says which Kafka did not take" do
      jobs = [type.new(1), type.new("x" * 2_000_000), type.new(3)]
      ActiveJob.perform_all_later(jobs)
      expect(jobs.map(&:successfully_enqueued?)).to eq([true, false, true])
      expect(jobs.map(&:provider_job_id)).to eq(["default/0/0", nil, "default/0/1"])
      expect(jobs[1].enqueue_error).to be_a(ActiveJob::EnqueueError)
    end

    it "sends nothing when one of them asks for what cannot be" do
      refused(Karafka::Errors::InvalidJob, "ProbeJob", "priority 3") do
        ActiveJob.perform_all_later(type.new(1), type.new(2).set(priority: 3))
      end
      expect(type.perform_later.provider_job_id).to eq("default/0/0")
    end
  end

  it "waits for the end of a transaction, where Rails asks, and says when the process ends" do
    adapter = ActiveJob::QueueAdapters.lookup(:karafka).new
    expect([adapter.enqueue_after_transaction_commit?, adapter.stopping?]).to eq([true, false])
    setup_application
    Karafka::App.stop!
    expect(adapter.stopping?).to be(true)
  end
end
