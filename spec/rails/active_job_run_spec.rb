# frozen_string_literal: true

require "spec_helper"
require_relative "support/jobs"

# Owns how jobs run on a server: what comes back of a job, what becomes of its errors, and that none is lost.
RSpec.describe "Running jobs" do
  let(:failures) { hear("worker.failed") }

  def serve_until(what, &condition)
    serving { wait_until(what, &condition) }
  end

  describe "that Active Job made" do
    before { jobs_application }

    it "gives arguments back, records by their GlobalID among them" do
      type = job { define_method(:perform) { |*arguments, **named| Jobs::RAN << [arguments, named] } }
      time = Time.at(1_700_000_000, 5, :millisecond).utc
      arguments = ["ä", 1, 2.5, nil, true, :symbol, 10.minutes, time, Date.new(2026, 2, 3), { "a" => [1, { b: 2 }] },
                   Jobs::Person.new(2)]
      type.perform_later(*arguments, deep: { person: [Jobs::Person.new(1)] })
      serve_until("the job") { ran.size == 1 }
      expect(ran.first).to eq([arguments, { deep: { person: [Jobs::Person.new(1)] } }])
    end

    it "runs it in the locale and the time zone it was enqueued in, with its ids and counters" do
      type = job do
        def perform
          Jobs::RAN << [I18n.locale, Time.zone&.name, job_id, provider_job_id, queue_name, executions]
        end
      end
      I18n.available_locales = %i[en de]
      given = I18n.with_locale(:de) { Time.use_zone("Hawaii") { type.perform_later } }
      serve_until("the job") { ran.size == 1 }
      expect(ran.first).to eq([:de, "Hawaii", given.job_id, given.provider_job_id, "default", 1])
    end

    it "lets callbacks and own fields of serialize be" do
      type = job do
        attr_accessor :tenant

        around_perform { |job, block| Jobs::RAN << [:around, job.tenant] && block.call }
        def serialize = super.merge("tenant" => tenant)
        def deserialize(data) = super.tap { self.tenant = data["tenant"] }
        def perform = Jobs::RAN << :performed
      end
      type.new.tap { |one| one.tenant = "acme" }.enqueue
      serve_until("the job") { ran.size == 2 }
      expect(ran).to eq([[:around, "acme"], :performed])
    end

    it "enqueues jobs of a job" do
      child = job("ChildJob") { def perform(number) = Jobs::RAN << number }
      parent = job("ParentJob") { define_method(:perform) { |number| 3.times { child.perform_later(number + _1) } } }
      parent.perform_later(10)
      serve_until("the jobs of the job") { ran.size == 3 }
      expect(ran).to eq([10, 11, 12])
    end

    it "runs each once, also in a group that marks by hand" do
      Karafka::App.consumer_groups.clear
      draw do
        consumer_group :work do
          automatically_mark_as_consumed false
          active_job_topic(:default, scheduled: false) { max_bytes_per_partition 100_000 }
        end
      end
      type = job { def perform(number) = Jobs::RAN << number }
      5.times { |number| type.perform_later(number) }
      serve_until("the jobs") { ran.size == 5 }
      Karafka::App.status.reset!
      type.perform_later(5)
      serve_until("the last job") { ran.size >= 6 }
      expect(ran).to eq([0, 1, 2, 3, 4, 5])
    end
  end

  describe "with errors" do
    before { jobs_application }

    it "retries by the rules of the job, with its counters, until they are used up" do
      type = job do
        retry_on(KeyError, wait: 0, attempts: 3) { |one, error| Jobs::RAN << [:given_up, one.executions, error.class] }
        def perform = (Jobs::RAN << executions) && raise(KeyError)
      end
      given = type.perform_later
      serve_until("the end of the retries") { ran.size == 4 }
      expect(ran).to eq([1, 2, 3, [:given_up, 3, KeyError]])
      expect([failures, given.executions]).to eq([[], 0])
    end

    it "discards by the rules of the job, one whose record is deleted too" do
      type = job do
        discard_on(ActiveJob::DeserializationError) { |_, error| Jobs::RAN << error.class }
        def perform(*) = raise("it must not be run")
      end
      type.perform_later(Jobs::Person.new(3))
      serve_until("the discarding") { ran.any? }
      expect([ran, failures]).to eq([[ActiveJob::DeserializationError], []])
    end

    it "keeps what no rule handles and tries it again, before what is behind it" do
      type = job { def perform(number) = (Jobs::RAN << number) && (raise "no" if number == 1 && Jobs::RAN.size < 5) }
      heard = failures
      3.times { |number| type.perform_later(number) }
      serving { wait_until("the last job") { Jobs::RAN.size >= 6 } }
      expect(ran).to eq([0, 1, 1, 1, 1, 2])
      expect(heard.map { |it| it.values_at(:topic, :offset, :attempt) }).to eq([1, 2, 3].map { ["default", 1, _1] })
    end

    it "keeps a job whose retry Kafka does not take" do
      type = job do
        retry_on KeyError, wait: 0, attempts: 2
        def perform = (Jobs::RAN << executions) && (raise KeyError if executions == 1)
      end
      heard = failures
      type.perform_later
      real = Karafka.producer
      calls = 0
      refusing = Object.new
      refusing.define_singleton_method(:produce_sync) do |**message|
        Karafka.producer = nil if (calls += 1) == 2
        real.produce_sync(**message, partition: 99)
      end
      Karafka.producer = refusing
      serve_until("the retry") { ran.last == 2 }
      expect(ran.count(1)).to be > 1
      expect(heard.map { |it| it[:error].class }.uniq.first).to be <= Karafka::Errors::KafkaError
    ensure
      Karafka.producer = nil
    end

    it "runs a job again that could not enqueue another, and loses neither" do
      child = job("ChildJob") { def perform(data) = Jobs::RAN << data.size }
      parent = job("ParentJob") do
        define_method(:perform) do
          Jobs::RAN << :parent
          # More than Kafka takes, the first time.
          child.perform_later("x" * (Jobs::RAN.size > 1 ? 1 : 2_000_000))
        end
      end
      heard = failures
      parent.perform_later
      serve_until("the child") { Jobs::RAN.size >= 3 }
      expect([ran, heard.size]).to eq([[:parent, :parent, 1], 1])
      expect(heard.first[:error]).to be_a(Karafka::Errors::KafkaError)
    end

    it "keeps the key of a job that is retried, also when its arguments cannot be had" do
      type = job do
        karafka_options key: ->(one) { one.arguments.first.id }
        retry_on(ActiveJob::DeserializationError, wait: 0, attempts: 2) { |one, _| Jobs::RAN << one.executions }
        def perform(*) = nil
      end
      type.perform_later(Jobs::Person.new(3))
      serve_until("the last attempt") { ran == [2] }
      Karafka::App.status.reset!
      expect(stored("default", 2).map { |record| record[:key] }).to eq(%w[3 3])
    end
  end

  describe "that are none" do
    def written(payload)
      jobs_application
      Karafka.producer.produce_sync(topic: "default", payload: payload)
      heard = hear("worker.failed")
      serve_until("two attempts") { heard.size > 1 }
      heard.first[:error]
    end

    it "refuses what is not JSON, no job, or a tombstone, and loses nothing" do
      { "no json" => /is no job of Active Job, it is not JSON; see who/, "[1]" => /is no job of Active Job; see who/,
        '{"job_class":"ProbeJob"}' => /is no job/, nil => /is no job/ }.each do |payload, text|
        error = written(payload)
        expect([error.class, error.message.lines.size]).to eq([Karafka::Errors::InvalidJob, 1])
        expect(error.message).to match(%r{\Adefault/0, offset 0 }).and match(text)
        reset_application
        @broker = nil
      end
    end

    it "says which class is not there" do
      ["GoneJob", "Kernel", "no constant", "Gone::Job"].each do |name|
        error = written({ job_class: name, arguments: [], job_id: "1" }.to_json)
        expect(error).to be_a(Karafka::Errors::InvalidJob)
        expect(error.message).to include("\"#{name}\"").and match(/; was it renamed\? Deploy/)
        reset_application
        @broker = nil
      end
    end

    it "leaves a NameError of the job its own" do
      jobs_application
      job { def perform = Missing.call }.perform_later
      heard = failures
      serve_until("the error") { heard.any? }
      expect(heard.first[:error]).to be_a(NameError).and have_attributes(name: :Missing)
    end

    it "can be skipped by a controller of one's own" do
      mine = Class.new(Karafka::Rails::ActiveJob::Consumer) do
        define_method(:consume) do
          super()
        rescue Karafka::Errors::InvalidJob
          Jobs::RAN << [:skipped, params.offset]
        end
      end
      jobs_application { active_job_topic(:default) { controller mine } }
      Karafka.producer.produce_sync(topic: "default", payload: "no json")
      job { def perform = Jobs::RAN << :ran }.perform_later
      serve_until("the job behind it") { ran.include?(:ran) }
      expect(ran).to eq([[:skipped, 0], :ran])
    end
  end
end
