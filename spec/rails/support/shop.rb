# frozen_string_literal: true

require "fileutils"
require "json"
require "net/http"
require_relative "databases"
require_relative "rails_app"

# Owns one life of examples/rails_shop: a copy of it with a database and a broker of its own, Puma, `karafka server`,
# and customers. Used by one thread. Its processes are those of the example.
class Shop
  include Waiting

  FOLDER = File.join(Children::ROOT, "examples/rails_shop")
  PRODUCTS = %w[tea mug pot].freeze

  # @return [Integer] how often the server was killed
  attr_reader :kills

  # @param example [Children]
  # @param url [String] of the database
  # @param servers [String] of the brokers
  # @param dice [Random]
  def initialize(example, url:, servers:, dice: Random.new)
    @example = example
    @dice = dice
    @kills = 0
    @root = File.realpath(Dir.mktmpdir("shop"))
    files = Dir[File.join(FOLDER, "{*,.rspec}")].grep_v(%r{/(log|tmp)\z})
    FileUtils.cp_r(files, @root)
    FileUtils.mkdir_p(%w[log tmp].map { |name| File.join(@root, name) })
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    @env = {
      "RUBYLIB" => File.join(Children::ROOT, "lib"), "RAILS_ENV" => "production", "PORT" => @port.to_s,
      "KAFKA_BROKERS" => servers, "KAFKA_SESSION_TIMEOUT" => "1.5", "DATABASE_URL" => url, "BUNDLE_GEMFILE" => nil,
      "RAILS_LOG_TO_STDOUT" => nil, "DISABLE_DATABASE_ENVIRONMENT_CHECK" => "1"
    }
  end

  # @return [Children::Ended]
  def run(*command, env: {})
    start(*command, env: env).finish(timeout: 60)
  end

  # Makes the database, then starts Puma and the server.
  # @return [Shop] self
  def open
    prepared = run("bin/rails", "db:prepare")
    raise "db:prepare: #{prepared.out} #{prepared.err}" unless prepared.code.zero?

    @puma = start(*RailsApp::PUMA, "-C", "config/puma.rb")
    serve
    wait_until("Puma on #{@port} (#{@puma.err})", timeout: 60) do
      raise "Puma ended: #{@puma.lines} #{@puma.err}" unless @puma.alive?

      TCPSocket.open("127.0.0.1", @port).close
      true
    rescue Errno::ECONNREFUSED
      false
    end
    self
  end

  # Starts the server, again after {#kill}.
  def serve
    @server = start("bin/karafka", "server")
  end

  def kill
    @server.signal(:KILL)
    @server.finish
    @kills += 1
  end

  # Places orders, several customers at once, each over one connection.
  # @return [Integer] how many were accepted
  def place(count, customers: 4)
    shares = Array.new(customers) { |number| (count / customers) + (number < count % customers ? 1 : 0) }
    threads = shares.map { |share| Thread.new(Random.new(@dice.rand(2**32))) { |dice| customer(share, dice) } }
    threads.sum(&:value)
  end

  # @return [String] the page that shows the projection
  def page
    Net::HTTP.get("127.0.0.1", "/", @port)
  end

  # `bin/dev` in place of Puma and the server, with a broker of its own.
  # @return [Children::Child]
  def dev
    env = { "RAILS_ENV" => "development", "KAFKA_BROKERS" => nil, "KAFKA_SESSION_TIMEOUT" => nil }
    setup = run("bin/setup", env: env)
    raise "bin/setup: #{setup.out} #{setup.err}" unless setup.code.zero?

    start("bin/dev", env: env).tap do |child|
      [/: assigned orders/, /Listening on/].each { |line| child.line(line, timeout: 60) }
    end
  end

  # @return [void]
  def remove
    FileUtils.rm_rf(@root)
  end

  # @return [Array<Integer>] exit codes of Puma and the server, asked to end
  def close
    [@puma, @server].map do |process|
      process.signal(:TERM)
      process.finish.code
    end
  ensure
    remove
  end

  # @return [String] the last lines of the application's log
  def log
    path = File.join(@root, "log/production.log")
    File.exist?(path) ? File.readlines(path).last(20).join : ""
  end

  private

  def start(*command, env: {})
    @example.start_child([RbConfig.ruby, *command], env: @env.merge(env), dir: @root)
  end

  def customer(orders, dice)
    Net::HTTP.start("127.0.0.1", @port, read_timeout: 30) do |http|
      Array.new(orders) { order(http, dice) }.count("201")
    end
  end

  def order(http, dice)
    product = PRODUCTS.sample(random: dice)
    wanted = { customer: "customer #{dice.rand(50)}", product: product, cents: dice.rand(1..9999) }
    headers = { "Content-Type" => "application/json", "Accept" => "application/json" }
    http.post("/orders", { order: wanted }.to_json, headers).code
  end
end
