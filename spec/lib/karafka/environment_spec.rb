# frozen_string_literal: true

require "spec_helper"

RSpec.describe Karafka::Environment do
  around do |example|
    saved = ENV.to_h
    example.run
    ENV.replace(saved)
    Karafka.env = described_class.detect
  end

  it "takes the first variable that is set" do
    expect(described_class.detect("KARAFKA_ENV" => "a", "RAILS_ENV" => "b")).to eq "a"
    expect(described_class.detect("KARAFKA_ENV" => "", "RAILS_ENV" => "b", "RACK_ENV" => "c")).to eq "b"
    expect(described_class.detect("RACK_ENV" => "c")).to eq "c"
    expect(described_class.detect({})).to eq "development"
  end

  it "answers questions" do
    Karafka.env = :production
    expect([Karafka.env.production?, Karafka.env.test?, Karafka.environment]).to eq [true, false, "production"]
    expect(Karafka.env).to respond_to(:anything?)
    expect { Karafka.env.production }.to raise_error(NoMethodError)
  end

  it "finds the root, also without Bundler" do
    ENV["KARAFKA_ROOT_DIR"] = "/a"
    ENV["BUNDLE_GEMFILE"] = "/b/Gemfile"
    expect(Karafka.root.to_s).to eq "/a"
    ENV.delete("KARAFKA_ROOT_DIR")
    expect(Karafka.root.to_s).to eq "/b"
    ENV.delete("BUNDLE_GEMFILE")
    expect(Karafka.root.to_s).to eq Dir.pwd
  end

  it "finds the boot file" do
    ENV["KARAFKA_ROOT_DIR"] = "/a"
    ENV.delete("KARAFKA_BOOT_FILE")
    expect(Karafka.boot_file.to_s).to eq "/a/karafka.rb"
    ENV["KARAFKA_BOOT_FILE"] = "/c/boot.rb"
    expect(Karafka.boot_file.to_s).to eq "/c/boot.rb"
  end

  it "knows where the gem is" do
    expect(Karafka.core_root.join("version.rb")).to exist
    expect(Karafka.gem_root.join("lib/karafka/version.rb")).to exist
  end
end
