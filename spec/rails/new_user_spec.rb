# frozen_string_literal: true

require "fileutils"
require "tmpdir"
require_relative "support/rails_app"

# Owns the way of a new user: the built gem installed, a fresh application by `rails new`, the generators, and a message
# from one process to another. Nothing of the checkout is on its path. Each step says how long it took. The gem compiles
# itself; libraries that this checkout has compiled already are not compiled again.
RSpec.describe "A new user of Rails" do
  before do
    @folder = Dir.mktmpdir("new_user")
    @home = File.join(@folder, "gems")
    @env = { "GEM_HOME" => @home, "GEM_PATH" => [@home, *Gem.path].join(File::PATH_SEPARATOR), "RUBYLIB" => nil,
             "RUBYOPT" => nil, "BUNDLE_GEMFILE" => nil, "RAILS_ENV" => nil, "KARAFKA_ENV" => nil, "RACK_ENV" => nil,
             "DISABLE_SPRING" => "1" }
    @dir = @folder
    @took = []
  end

  after do
    end_children
    FileUtils.rm_rf(@folder)
  end

  # @return [Object] what the block gave
  def step(name)
    start = now
    yield
  ensure
    @took << [name, now - start]
  end

  def start(*command)
    start_child(command, env: @env, dir: @dir)
  end

  # Runs a program of the user's.
  # @return [Array<String>] what it printed
  def run!(*command, timeout: 120)
    ended = start(*command).finish(timeout: timeout)
    raise "#{command.join(" ")}: #{ended.err}\n#{ended.out.last(20).join("\n")}" unless ended.code == 0

    ended.out
  end

  def install
    ended = start_child([RbConfig.ruby, "-S", "rake", "package:install[#{@home}]"], env: {}, dir: Children::ROOT)
      .finish(timeout: 900)
    raise "the gem cannot be installed: #{ended.err}\n#{ended.out.last(20).join("\n")}" unless ended.code == 0
  end

  # Without network: the gems of this system.
  def make_application
    # Gems that this system may not have.
    skipped = %w[--skip-bundle --skip-git --skip-bootsnap]
    skipped << (RailsApp.version < Gem::Version.new("7.0") ? "--skip-listen" : "--skip-asset-pipeline")
    run!("rails", "new", "shop", "--minimal", *skipped)
    @dir = File.join(@folder, "shop")
    gems = %w[rails sqlite3 puma karafka_rs]
    # As `bundle install` would leave it; there is nothing to fetch.
    File.write(File.join(@dir, "Gemfile"), gems.map { |name| "gem \"#{name}\"\n" }.join)
  end

  def consumed
    address = step("karafka broker") do
      start("bin/karafka", "broker", "--topic", "orders:1").line(/\A127\.0\.0\.1:\d+\z/)
    end
    @env["KAFKA_BROKERS"] = address
    server = step("karafka server") do
      start("bin/karafka", "server").tap { |child| child.line(/orders: assigned/, timeout: 60) }
    end
    step("rails runner") { run!("bin/rails", "runner", "WaterDrop::SyncProducer.call('{}', topic: 'orders')") }
    step("the message") { server.line(%r{ orders/0: offset 0\z}) }
    server.signal("INT")
    server.finish
  end

  it "gets from `gem install` to a consumed message" do
    step("gem install") { install }
    step("rails new") { make_application }
    step("generators") do
      run!("bin/rails", "generate", "karafka_rs:install")
      run!("bin/rails", "generate", "karafka_rs:controller", "Orders")
    end
    expect(consumed.code).to eq(0)
    # Tests want the schema of a database.
    run!("bin/rails", "db:migrate")
    tests = step("rails test") { run!("bin/rails", "test") }
    expect(tests).to include(/1 runs, \d assertions, 0 failures, 0 errors/)
    loaded = run!("bin/rails", "runner", "puts $LOADED_FEATURES.grep(/karafka_rs_ext/)")
    expect(loaded).to match([start_with(File.realpath(@home))])
  ensure
    took = @took.map { |name, seconds| "  #{name.ljust(15)} #{format("%6.1f", seconds)} s" }
    puts "", "Rails #{RailsApp.version}, Ruby #{RUBY_VERSION}", took
  end
end
