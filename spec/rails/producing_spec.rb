# frozen_string_literal: true

require "net/http"
require_relative "support/rails_app"

# Owns the proof that what a Rails application sends arrives, once, whatever process sends it, and that nobody has to
# make a producer anew after a fork or wait for it at the end.
RSpec.describe "Producing from Rails" do
  let(:app) do
    broker("orders" => 1)
    rails_app.keep_journal.karafka("")
  end

  # @return [Array<String>] everything that is in the topic
  def sent(count)
    log = Queue.new
    setup_application
    Karafka::App.consumer_groups.clear
    consumer = controller(log) { log << params.raw_payload }
    draw { topic(:orders) { controller consumer } }
    # Behind all others.
    app.produce({ topic: "orders", payload: "end", partition: 0 })
    serving { wait_until("#{count} and the end (#{log.size})") { log.size >= count + 1 } }
    Array.new(log.size) { log.pop }.tap { |all| expect(all.pop).to eq("end") }
  end

  # Nobody waits for it: what is on its way at the end is delivered by the process' end.
  # @param text [String] Ruby
  def sending(text)
    "Karafka.producer.produce_async(topic: \"orders\", payload: #{text}, partition: 0)"
  end

  it "arrives from `rails runner`" do
    expect(app.runner("20.times { |number| #{sending("number.to_s")} }").code).to eq(0)
    expect(sent(20)).to eq(Array.new(20, &:to_s))
  end

  it "arrives from rake" do
    app.write("lib/tasks/send.rake" => "task send: :environment do\n  #{sending("'rake'")}\nend\n")
    ended = app.run(:rake, "send")
    expect([ended.code, ended.err]).to eq([0, ""])
    expect(sent(1)).to eq(["rake"])
  end

  it "arrives from the console" do
    ended = app.run(:ruby, "-e", <<~RUBY)
      input = IO.popen([RbConfig.ruby, "bin/rails", "console", "-e", "development", "--", "--noprompt"], "r+")
      input.puts(#{sending("'console'").inspect}, "exit")
      input.close_write
      puts input.read
    RUBY
    expect(ended.code).to eq(0), ended.err
    expect(sent(1)).to eq(["console"])
  end

  it "arrives from jobs that run in threads" do
    app.write("app/jobs/send_job.rb" => <<~RUBY)
      class SendJob < ActiveJob::Base
        self.queue_adapter = :async
        def perform = #{sending("'job'")}
      end
    RUBY
    ended = app.runner("SendJob.perform_later; SendJob.queue_adapter.shutdown(wait: true)")
    expect(ended.code).to eq(0), ended.err
    expect(sent(1)).to eq(["job"])
  end

  describe "Puma" do
    def serve(config)
      port = app.free_port
      app.write("config/puma.rb" => "threads 3, 3\nbind \"tcp://127.0.0.1:#{port}\"\n#{config}\n")
      app.routes("get \"/send/:text\", to: \"orders#create\"")
      app.write("app/controllers/orders_controller.rb" => <<~RUBY)
        class OrdersController < ActionController::API
          def create
            #{sending("params[:text]")}
            render plain: Process.pid.to_s
          end
        end
      RUBY
      # Before a master forks its workers.
      app.write("config/initializers/boot.rb" => <<~RUBY)
        Rails.application.config.after_initialize { WaterDrop::SyncProducer.call("boot", topic: "orders", partition: 0) }
      RUBY
      puma = app.start(:puma)
      wait_until("an answer", timeout: 60) { request(port, "first") }
      [puma, port]
    end

    def request(port, text)
      Net::HTTP.start("127.0.0.1", port) { |http| http.get("/send/#{text}").then { |it| it.code == "200" && it.body } }
    rescue SystemCallError
      nil
    end

    def requests(port, count)
      Array.new(4) { |thread|
        Thread.new { Array.new(count / 4) { |number| request(port, "#{thread}-#{number}") || raise("refused") } }
      }.flat_map(&:value)
    end

    it "needs no code after the fork of its workers, with the application loaded before" do
      puma, port = serve("workers 2\npreload_app!")
      workers = requests(port, 200)
      puma.signal("TERM")
      puma.finish
      expect(workers.uniq.size).to eq(2)
      expected = Array.new(4) { |thread| Array.new(50) { |number| "#{thread}-#{number}" } }.flatten
      expect(sent(202)).to match_array(["boot", "first", *expected])
    end

    it "shares one producer among its threads" do
      puma, port = serve("")
      expect(requests(port, 100).uniq).to eq([puma.pid.to_s])
      puma.signal("TERM")
      puma.finish
      expect(sent(102).size).to eq(102)
    end
  end

  # Spring below 3 cannot run Rails 7.
  least = Gem::Version.new(RailsApp.version < Gem::Version.new("7.0") ? "2" : "3")
  spring = Gem::Specification.any? { |gem| gem.name == "spring" && gem.version >= least }
  it "arrives from Spring, which forks a loaded application", if: spring do
    env = { "DISABLE_SPRING" => nil, "SPRING_TMP_PATH" => app.file("tmp") }
    app.write("config/initializers/boot.rb" => <<~RUBY)
      Rails.application.config.after_initialize { WaterDrop::SyncProducer.call("boot", topic: "orders", partition: 0) }
    RUBY
    # Spring wants a bundle.
    gems = %w[railties activerecord activejob actionpack sqlite3 spring]
    app.write("Gemfile" => gems.map { |name| "gem \"#{name}\"\n" }.join)
    ended = 2.times.map { |number| app.run(:spring, "rails", "runner", sending("'spring #{number}'"), env: env) }
    expect(ended.map(&:code)).to eq([0, 0]), ended.map(&:err).join
    expect(sent(3)).to eq(["boot", "spring 0", "spring 1"])
  ensure
    app.run(:spring, "stop", env: env)
  end
end
