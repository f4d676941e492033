# frozen_string_literal: true

require "tmpdir"

# Owns running `karafka` to its end, for the specs of the command line, and a folder of the example's own to run it in.
module CommandLine
  # @return [Children::Ended]
  def run(*arguments, env: {}, dir: Dir.pwd, timeout: 15)
    karafka(*arguments, env: brokers.merge(env), dir: dir).finish(timeout: timeout)
  end

  # @return [Hash{String => String}] variables for an application with this karafka.rb
  def boot_file(script)
    { "KARAFKA_BOOT_FILE" => script_file(script) }
  end

  def expect_mistake(ended, pattern)
    expect([ended.code, ended.out]).to eq([1, []])
    expect(ended.err.lines.size).to eq(1)
    expect(ended.err).to match(/\Akarafka: /).and match(pattern)
  end

  def folder
    @folder ||= Dir.mktmpdir("karafka")
  end
end

RSpec.configure do |config|
  config.include CommandLine, file_path: %r{/cli(_\w+)?_spec\.rb}
  config.after(:each, file_path: %r{/cli(_\w+)?_spec\.rb}) do
    # What was started there ends first.
    end_children
    FileUtils.rm_rf(@folder) if @folder
  end
end
