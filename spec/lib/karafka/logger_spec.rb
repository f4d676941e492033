# frozen_string_literal: true

require "spec_helper"
require "stringio"
require "tmpdir"

RSpec.describe Karafka::Logger do
  let(:stdout) { StringIO.new }

  def device(path)
    described_class::Device.new(stdout, Pathname.new(path))
  end

  it "writes to standard output and to a file that it makes at the first line" do
    Dir.mktmpdir do |root|
      target = device("#{root}/log/test.log")
      expect(Dir.children(root)).to eq []
      target.write("one\n")
      target.write("two\n")
      expect([stdout.string, File.read("#{root}/log/test.log")]).to eq ["one\ntwo\n"] * 2
      target.close
    end
  end

  it "goes on with standard output when the file cannot be made" do
    Dir.mktmpdir do |root|
      File.write("#{root}/log", "a file where a directory should be")
      target = device("#{root}/log/test.log")
      2.times { target.write("line\n") }
      expect(stdout.string).to match(/\Aline\ncannot write .* logging to standard output only\nline\n\z/)
    end
  end

  it "is quieter where it should be" do
    expect(described_class::LEVELS).to include("production" => Logger::ERROR, "development" => Logger::INFO)
  end
end
