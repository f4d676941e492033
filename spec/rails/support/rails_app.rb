# frozen_string_literal: true

require "fileutils"
require "socket"
require "tmpdir"

# Owns Rails applications that examples make: their files in a folder of their own, the processes that run in them, and
# that nothing of either outlives its example. Rails itself is never loaded into the process of the specs. Works with
# the gems of the system, without Bundler, on Rails 6.1 and later.
class RailsApp
  FRAMEWORKS = %w[active_record action_controller active_job].freeze

  BOOT = <<~RUBY
    $stdout.sync = true
    require "logger" # Rails 6.1 and 7.0 forget to
  RUBY

  ENVIRONMENT = <<~RUBY
    require_relative "application"
    Rails.application.initialize!
  RUBY

  BIN_RAILS = <<~RUBY
    #!/usr/bin/env ruby
    APP_PATH = File.expand_path("../config/application", __dir__)
    require_relative "../config/boot"
    require "rails/commands"
  RUBY

  RAKEFILE = <<~RUBY
    require_relative "config/application"
    Rails.application.load_tasks
  RUBY

  CONFIG_RU = <<~RUBY
    require_relative "config/environment"
    run Rails.application
  RUBY

  # In front of each Puma.
  PUMA = ["-r", File.join(__dir__, "puma"), "-S", "puma"].freeze

  # Programs by the name that `start` and `run` take. Each is run by this Ruby, with this checkout in front.
  PROGRAMS = {
    karafka: [Children::EXECUTABLE], rails: ["bin/rails"], rake: ["-S", "rake"], puma: PUMA,
    rspec: ["-S", "rspec"], spring: ["-S", "spring"], ruby: []
  }.freeze

  # @return [Gem::Version] of the Rails that applications here run on
  def self.version
    Gem::Specification.find_by_name("railties").version
  end

  # @return [String] the folder
  attr_reader :root
  # @return [Hash{String => String}] variables of every process that is started in it
  attr_reader :env

  # @param example [Children] who starts and ends the processes
  # @param brokers [String, nil] "host:port"
  # @param setup [String] lines for config/application.rb, within the class
  # @param frameworks [Array<String>] whose railties are loaded
  # @param databases [Array<String>] each a file of SQLite; the first is the primary one
  def initialize(example, brokers: nil, setup: "", frameworks: FRAMEWORKS, databases: %w[primary])
    @example = example
    @root = File.realpath(Dir.mktmpdir("rails_app"))
    lib = File.join(Children::ROOT, "lib")
    @env = { "KAFKA_BROKERS" => brokers, "RAILS_ENV" => "development", "RUBYLIB" => lib, "BUNDLE_GEMFILE" => nil,
             "KARAFKA_ENV" => nil, "RACK_ENV" => nil, "DISABLE_SPRING" => "1" }
    write("config/boot.rb" => BOOT, "config/environment.rb" => ENVIRONMENT, "config.ru" => CONFIG_RU,
          "config/application.rb" => application(frameworks, setup), "config/routes.rb" => draw_routes(""),
          "bin/rails" => BIN_RAILS, "Rakefile" => RAKEFILE)
    return unless frameworks.include?("active_record")

    @databases = databases
    write("config/database.yml" => database_yml)
  end

  # No process ever sees half a file.
  # @param files [Hash{String => String}] text by path
  # @return [RailsApp] self
  def write(files)
    files.each do |path, text|
      FileUtils.mkdir_p(File.dirname(file(path)))
      File.write(file("#{path}.new"), text)
      File.rename(file("#{path}.new"), file(path))
    end
    self
  end

  # Gives the application `Journal.write(line)`; the example reads it by `journal`.
  # @return [RailsApp] self
  def keep_journal
    write("config/initializers/journal.rb" => <<~RUBY)
      module Journal
        def self.write(line)
          File.write(Rails.root.join("journal"), "\#{line}\n", mode: "a")
        end
      end
    RUBY
  end

  # @return [Array<String>]
  def journal
    lines("journal")
  end

  # Settings that make examples with the embedded broker quick, then routes.
  # @param routes [String] what stands inside of `consumer_groups.draw`
  # @param setup [String] lines that follow inside of `setup do |config|`
  # @param after [String] what follows in the file
  # @return [RailsApp] self
  def karafka(routes, setup: "", after: "")
    write("karafka.rb" => <<~RUBY)
      class KarafkaApp < Karafka::App
        setup do |config|
          config.client_id = "rails_app"
          config.kafka.seed_brokers = ENV.fetch("KAFKA_BROKERS", "127.0.0.1:9092")
          config.kafka.max_wait_time = 0.01
          config.kafka.pause_timeout = 0.05
          config.kafka.session_timeout = 1.5
          config.kafka.heartbeat_interval = 0.3
          #{setup}
        end

        consumer_groups.draw do
          #{routes}
        end
      end
      #{after}
    RUBY
  end

  # @param routes [String] lines of config/routes.rb
  # @return [RailsApp] self
  def routes(routes)
    write("config/routes.rb" => draw_routes(routes))
  end

  # Runs a program to its end.
  # @param program [Symbol] see {PROGRAMS}
  # @return [Children::Ended]
  def run(program, *arguments, env: {}, timeout: 60)
    start(program, *arguments, env: env).finish(timeout: timeout)
  end

  # Starts a program; it is ended with the example.
  # @param program [Symbol] see {PROGRAMS}
  # @return [Children::Child]
  def start(program, *arguments, env: {})
    command = [RbConfig.ruby, *PROGRAMS.fetch(program), *arguments]
    @example.start_child(command, env: @env.merge(env), dir: root)
  end

  # @return [Children::Child] `karafka server` that consumes
  def server(*arguments, env: {})
    log = "log/#{env.fetch("RAILS_ENV", @env["RAILS_ENV"])}.log"
    before = lines(log).count("running")
    start(:karafka, "server", *arguments, env: env).tap do |child|
      @example.wait_until("a running server", timeout: 60) do
        lines(log).count("running") > before || child.alive? || raise("it ended: #{child.finish}")
        lines(log).count("running") > before
      end
    end
  end

  # Sends from this process.
  # @param messages [Array<Hash>] see Karafka::Producer#produce_many_sync
  # @return [void]
  def produce(*messages)
    @producer ||= Karafka::Producer.new("bootstrap.servers" => env.fetch("KAFKA_BROKERS"))
    @producer.produce_many_sync(messages)
  end

  # @return [Children::Ended] `rails runner`
  def runner(code, env: {})
    run(:rails, "runner", code, env: env)
  end

  # @return [String] absolute
  def file(path)
    File.join(root, path)
  end

  # @return [String, nil] nil when the file is not there
  def read(path)
    File.read(file(path)) if File.exist?(file(path))
  end

  # @return [Array<String>] none when the file is not there
  def lines(path)
    read(path).to_s.lines(chomp: true)
  end

  # @return [SQLite3::Database] of the environment; made when it is not there
  def database(name = @databases.first, environment: env.fetch("RAILS_ENV"))
    require "sqlite3"
    FileUtils.mkdir_p(file("db"))
    SQLite3::Database.new(file("db/#{name}_#{environment}.sqlite3")).tap { |database| database.busy_timeout(5_000) }
  end

  # @return [Integer] a port of this machine that nobody listens on
  def free_port
    TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
  end

  # @return [void]
  def remove
    @producer&.close
    FileUtils.rm_rf(root)
  end

  private

  # The require of the gem stands for the Gemfile's.
  def application(frameworks, setup)
    <<~RUBY
      require_relative "boot"
      require "rails"
      #{frameworks.map { |name| "require \"#{name}/railtie\"" }.join("\n")}
      require "karafka_rs"

      module Example
        class Application < Rails::Application
          config.load_defaults Rails::VERSION::STRING.to_f
          config.eager_load = Rails.env.production?
          config.cache_classes = !Rails.env.development?
          config.consider_all_requests_local = !Rails.env.production?
          config.secret_key_base = "0" * 64
          config.hosts.clear
          #{setup}
        end
      end
    RUBY
  end

  def draw_routes(routes)
    "Rails.application.routes.draw do\n#{routes}\nend\n"
  end

  def database_yml
    %w[development test production].map { |environment|
      nodes = @databases.map do |name|
        "  #{name}:\n    adapter: sqlite3\n    pool: 10\n    timeout: 5000\n" \
          "    database: <%= Rails.root.join(\"db/#{name}_#{environment}.sqlite3\") %>\n"
      end
      "#{environment}:\n#{nodes.join}"
    }.join("\n")
  end
end

# What examples say.
module RailsApps
  # An application in a folder of its own, for the broker of the example when there is one.
  # @param how [Hash] see {RailsApp#initialize}
  # @return [RailsApp]
  def rails_app(**how)
    how[:brokers] ||= @broker&.bootstrap_servers
    RailsApp.new(self, **how).tap { |app| (@rails_apps ||= []) << app }
  end
end

RSpec.configure do |config|
  config.include RailsApps, file_path: %r{/spec/rails/}
  config.after(:each, file_path: %r{/spec/rails/}) do
    # What was started there ends first.
    end_children
    @rails_apps&.each(&:remove)
  end
end
