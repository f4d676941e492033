# frozen_string_literal: true

require "spec_helper"
require "open3"
require "tmpdir"

# Owns the truth of docs/testing.md: its files are written to a folder, and their tests run by RSpec and Minitest.
RSpec.describe "docs/testing.md" do
  text = File.read(File.join(Children::ROOT, "docs/testing.md"))
  files = text.scan(/^```ruby (\S+)\n(.*?)^```$/m)

  around { |example| Dir.mktmpdir { |dir| (@dir = dir) && example.run } }

  before do
    files.each do |path, code|
      full = File.join(@dir, path)
      FileUtils.mkdir_p(File.dirname(full))
      File.write(full, code)
    end
  end

  def run(*command)
    lib = File.join(Children::ROOT, "lib")
    Open3.capture2e({ "BUNDLE_GEMFILE" => nil, "SPEC_OPTS" => nil }, RbConfig.ruby, "-I", lib, *command, chdir: @dir)
  end

  it "names a file for each piece of code" do
    expect(text.scan(/^```ruby/).size).to eq files.size
    expect(files.map(&:first).grep(/_(spec|test)\.rb\z/).size).to eq 5
  end

  it "shows specs that pass" do
    output, status = run("-S", "rspec", "--options", File::NULL, "spec")
    expect(status).to be_success, output
    expect(output).to include("#{files.sum { |_, code| code.scan(/^ +it "/).size }} examples, 0 failures")
  end

  it "shows tests that pass" do
    files.map(&:first).grep(/_test\.rb\z/).each do |path|
      output, status = run("-I", "test", path)
      expect(status).to be_success, output
      expect(output).to match(/^[1-9]\d* runs?, .* 0 failures, 0 errors/)
    end
  end

  # Its messages are those of the code: the words around what differs from case to case.
  it "quotes errors as they are" do
    quoted = text.gsub(/^```.*?^```$/m, "").scan(/^    (.+)$/).flatten
    shown = File.join(@dir, "spec/errors_spec.rb")
    File.write(shown, <<~RUBY)
      require "spec_helper"
      RSpec.describe "errors" do
        def told
          yield
          nil
        rescue Exception => e
          puts "TOLD " + e.message.lines.map(&:chomp).join("\\nTOLD ")
        end

        it "are told" do
          told { OrdersResponder.call("7") && expect(karafka).to(have_produced.to(:large_orders).with_key("9")) }
          told { with_kafka { with_kafka { nil } } }
          with_kafka { |kafka| kafka.produce(:orders, "{}") && 2.times { told { kafka.drain } } }
          Karafka::App.consumer_groups.draw { consumer_group(:more) { topic(:orders) { controller OrdersController } } }
          told { karafka.controller_for(:orders) }
          Karafka::App.consumer_groups.clear
          told { with_kafka { nil } }
        end
      end
    RUBY
    output, status = run("-S", "rspec", "--options", File::NULL, shown)
    expect(status).to be_success, output
    told = output.scan(/^TOLD (.*)$/).flatten.map { |line| general(line) }
    # The one with the slow controller has a place that is not here; spec/integration/testing_spec.rb has it.
    expect(quoted.grep_v(/still runs/).map { |line| general(line) } - told).to eq []
  end

  def general(line)
    line.strip.gsub(/\d+(\.\d+)?/, "0").gsub(/`controller_for\(.*\)`|\(billing, audit\)|\(orders, more\)/, "")
  end
end
