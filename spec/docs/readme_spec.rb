# frozen_string_literal: true

require "spec_helper"
require "open3"
require "tmpdir"

# What the README shows is run as a newcomer would: the application saved as karafka.rb, the broker and the server in
# processes of their own.
RSpec.describe "README.md" do
  root = File.expand_path("../..", __dir__)
  ruby = [RbConfig.ruby, "-I", File.join(root, "lib")]
  executable = [*ruby, File.join(root, "exe/karafka")]
  application, script = File.read(File.join(root, "README.md")).scan(/^```ruby\n(.*?)^```$/m).flatten

  # Runs a command while the block runs, then asks it to stop.
  # @return [Process::Status]
  def running(environment, command, dir)
    Open3.popen2e(environment, *command, chdir: dir) do |_, output, process|
      lines = Queue.new
      reader = Thread.new { output.each_line { |line| lines << line.chomp } }
      yield lines
    ensure
      Process.kill("TERM", process.pid)
      reader.join
      @status = process.value
    end
    @status
  end

  def line(lines, pattern)
    wait_until("a line like #{pattern.inspect}") { lines.pop.then { |line| line if line.match?(pattern) } }
  end

  it "shows an application that consumes, responds and stops" do
    Dir.mktmpdir do |dir|
      File.write(File.join(dir, "karafka.rb"), application)
      running({}, [*executable, "broker", "--topic", "orders:6", "--topic", "counts:1"], dir) do |broker|
        environment = { "KAFKA_BROKERS" => line(broker, /\A127/), "KARAFKA_ENV" => "test", "BUNDLE_GEMFILE" => nil }
        status = running(environment, [*executable, "server"], dir) do |server|
          sent, success = Open3.capture2e(environment, *ruby, "-e", "require './karafka'\n#{script}", chdir: dir)
          expect(success).to be_success, sent
          expect(line(server, /customer/)).to eq("customer-7: 12 (offset 0)")
        end
        expect(status.exitstatus).to eq(0)
      end
    end
  end
end
