# frozen_string_literal: true

require "spec_helper"
require "tmpdir"
require "fileutils"

RSpec.describe Karafka::Loader do
  around { |example| Dir.mktmpdir { |root| (@root = root) && example.run } }

  def file(path, text)
    full = File.join(@root, path)
    FileUtils.mkdir_p(File.dirname(full))
    File.write(full, text)
  end

  after { Object.send(:remove_const, :LoaderSpec) if defined?(LoaderSpec) }

  it "loads the directories of an application in their order" do
    file("app/models/b.rb", "LoaderSpec::SEEN << :app")
    file("lib/a.rb", "LoaderSpec::SEEN << :lib")
    file("config/initializers/z.rb", "module LoaderSpec; SEEN = [:config]; end")
    described_class.load(@root)
    expect(LoaderSpec::SEEN).to eq %i[config lib app]
  end

  it "tries a file again that needs a later one" do
    file("a.rb", "class LoaderSpec::Child < LoaderSpec::Parent; end")
    file("b.rb", "class LoaderSpec::Parent; end")
    file("c.rb", "module LoaderSpec; end")
    described_class.load!(@root)
    expect(LoaderSpec::Child.superclass).to be LoaderSpec::Parent
  end

  it "says which constant is nowhere" do
    file("a.rb", "LoaderSpecNowhere")
    expect { described_class.load!(@root) }.to raise_error(NameError, /LoaderSpecNowhere/)
  end

  it "does not try again what is a bug" do
    file("a.rb", "nil.nothing_like_that")
    expect { described_class.load!(@root) }.to raise_error(NoMethodError)
  end

  it "takes a directory that is not there" do
    expect { described_class.load(File.join(@root, "none")) }.not_to raise_error
  end
end
