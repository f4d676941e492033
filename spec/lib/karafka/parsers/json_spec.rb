# frozen_string_literal: true

require "spec_helper"

RSpec.describe Karafka::Parsers::Json do
  it "parses with String keys" do
    expect(described_class.parse('{"a":[1,null]}')).to eq("a" => [1, nil])
  end

  it "raises its own error with the other as cause, and does not quote the payload" do
    ["secret", "", '{"secret"', "\xff"].each do |text|
      expect { described_class.parse(text) }.to raise_error(Karafka::Errors::ParserError) { |error|
        expect(error.message).to include("#{text.bytesize} bytes")
        expect(error.message).not_to include("secret")
        expect(error.cause).not_to be_nil
      }
    end
  end

  it "writes everything but Strings, which are ready" do
    expect([{ a: 1 }, [2], nil, "abc", 3].map { |data| described_class.generate(data) })
      .to eq ['{"a":1}', "[2]", "null", "abc", "3"]
  end

  it "says what it cannot write" do
    expect { described_class.generate([Float::NAN]) }.to raise_error(Karafka::Errors::ParserError, /Array/)
    expect { described_class.generate(["\xff"]) }.to raise_error(Karafka::Errors::ParserError)
  end
end
