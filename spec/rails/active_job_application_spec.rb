# frozen_string_literal: true

require "spec_helper"
require_relative "support/rails_app"

# Owns jobs in a Rails application: enqueued by the web's own processes, run by `karafka server`, in new code, each on
# its own, and tested as Rails does.
RSpec.describe "Jobs of a Rails application" do
  base = <<~RUBY
    class ApplicationJob < ActiveJob::Base
      # From here, so that both ends of what is read are written.
      def say(*words)
        File.open(Rails.root.join("tmp/said"), "a") { |file| file.puts(words.join(" ")) }
      end
    end
  RUBY

  note = <<~RUBY
    class Note < ActiveRecord::Base
      after_create_commit { NoteJob.perform_later(self) }
    end
  RUBY

  current = <<~RUBY
    class Current < ActiveSupport::CurrentAttributes
      attribute :user
    end
  RUBY

  job = <<~RUBY
    class NoteJob < ApplicationJob
      discard_on ActiveJob::DeserializationError
      karafka_options key: ->(job) { job.arguments.first.to_param }

      def perform(note)
        say("first", note.text, Current.user.inspect, Note.connection.query_cache_enabled)
        Current.user = note.text
      end
    end
  RUBY

  def said
    @app.lines("tmp/said")
  end

  def application(env = "development")
    broker("default" => 1, "default.scheduled" => 1)
    @app = rails_app(setup: "config.active_job.queue_adapter = :karafka")
    @app.env["RAILS_ENV"] = env
    FileUtils.mkdir_p(%w[tmp log].map { |name| @app.file(name) })
    @app.database.execute("create table notes (id integer primary key, text varchar)")
    @app.karafka("active_job_topic :default")
  end

  def runner(code)
    @app.runner(code).tap { |ended| expect(ended.code).to eq(0), "#{ended.out} #{ended.err}" }.out
  end

  files = { "app/jobs/application_job.rb" => base, "app/jobs/note_job.rb" => job, "app/models/note.rb" => note,
            "app/models/current.rb" => current }

  %w[development production].each do |env|
    it "are enqueued after the commit and run in #{env}, each with nothing of the one before" do
      application(env)
      @app.write(files)
      server = @app.server
      runner <<~RUBY
        Note.transaction { 2.times { |number| Note.create!(text: "note\#{number}") } }
        Note.transaction { Note.create!(text: "undone") && raise(ActiveRecord::Rollback) }
        if ActiveJob.version >= Gem::Version.new("7.2")
          Note.transaction { NoteJob.perform_later(Note.first) && raise(ActiveRecord::Rollback) }
        end
        Note.create!(text: "gone").tap { |note| NoteJob.set(wait: 0.5).perform_later(note) && note.delete }
        NoteJob.set(wait: 1).perform_later(Note.first)
      RUBY
      wait_until("the job that waited") { said.grep(/note0/).size == 2 }
      expect(said.sort - ["first gone nil true"]).to eq(["first note0 nil true"] * 2 + ["first note1 nil true"])
      server.signal("TERM")
      expect(server.finish.code).to eq(0)
    end
  end

  it "run in new code without a restart" do
    application
    @app.write(files)
    @app.server
    runner('Note.create!(text: "a")')
    wait_until("the first job") { said.size == 1 }
    @app.write("app/jobs/note_job.rb" => job.sub('"first"', '"second"'))
    runner("NoteJob.perform_later(Note.first); NoteJob.set(wait: 0.1).perform_later(Note.first)")
    wait_until("the next jobs") { said.size == 3 }
    expect(said.map { |line| line[/\w+/] }).to eq(%w[first second second])
  end

  it "can be tested with Active Job's own helper, and with the queue that was configured" do
    application("test")
    @app.write(files.merge("test/note_job_test.rb" => <<~RUBY))
      ENV["RAILS_ENV"] = "test"
      require_relative "../config/environment"
      require "rails/test_help"

      class NoteJobTest < ActiveJob::TestCase
        test "is enqueued" do
          assert_equal(:karafka, Rails.application.config.active_job.queue_adapter)
          assert_enqueued_with(job: NoteJob, queue: "default") { NoteJob.perform_later("a") }
          assert_enqueued_jobs(1, only: NoteJob)
        end

        test "is performed" do
          note = Note.create!(text: "tested")
          perform_enqueued_jobs { NoteJob.perform_later(note) }
          assert_performed_jobs(1, only: NoteJob)
          assert_match(/tested/, File.read(Rails.root.join("tmp/said")))
        end

        def queue_adapter_for_test
          ActiveJob::QueueAdapters::TestAdapter.new
        end
      end

      class CapturedTest < ActiveSupport::TestCase
        test "is kept, when the adapter is Karafka's" do
          NoteJob.perform_later(Struct.new(:to_param).new("7").to_param)
          record = Karafka::Testing.produced.last
          assert_equal(["default", "7"], [record.topic, record.key])
        end
      end
    RUBY
    ended = @app.run(:ruby, "-Itest", "test/note_job_test.rb")
    expect(ended.code).to eq(0), [*ended.out, ended.err].join("\n")
    expect(ended.out.join).to include("3 runs")
  end
end
