# frozen_string_literal: true

# Owns what is read from headers that anybody may have written, and what is passed on of it.
RSpec.describe Karafka::Tracing::TraceContext do
  let(:parent) { "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" }

  def read(headers)
    described_class.read(headers)
  end

  it "names the trace, the operation in it, and whether it is recorded" do
    found = read("traceparent" => parent)
    expect([found.trace_id, found.span_id, found.sampled?, found.tracestate])
      .to eq(["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", true, nil])
    expect(read("traceparent" => parent.sub(/01\z/, "00")).sampled?).to be false
    # Only the lowest bit tells.
    expect(%w[03 02 ff fe].map { |flags| read("traceparent" => parent.sub(/01\z/, flags)).sampled? })
      .to eq([true, false, true, false])
  end

  it "passes both headers on, letter by letter, and no others" do
    given = { "traceparent" => parent, "tracestate" => "congo=t61,rojo=00f0", "baggage" => "a=1" }
    expect(read(given).headers).to eq(given.except("baggage"))
    expect(read(given.except("tracestate")).headers).to eq("traceparent" => parent)
  end

  it "finds names in any case, small letters first" do
    other = parent.sub("00f0", "11f0")
    expect(read("TraceParent" => parent, "TRACESTATE" => "a=1").headers)
      .to eq("traceparent" => parent, "tracestate" => "a=1")
    expect(read("Traceparent" => other, "traceparent" => parent).traceparent).to eq(parent)
    expect(read(traceparent: parent).traceparent).to eq(parent)
  end

  it "takes a version to come, with more behind the flags" do
    ["cc#{parent[2..]}", "cc#{parent[2..]}-what-the-future-brings"].each do |text|
      expect(read("traceparent" => text).headers).to eq("traceparent" => text)
    end
  end

  zeros = ->(text, size) { text.sub(/(?<=-)\h{#{size}}(?=-)/, "0" * size) }
  example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
  {
    "nothing" => nil, "an empty text" => "", "a word" => "trace", "a number" => 1, "version ff" => "ff#{example[2..]}",
    "capitals" => example.upcase, "no flags" => example[0, 52], "one flag" => example[0, 54],
    "more than version 00 has" => "#{example}-01", "more at once" => "#{example}1", "a line end" => "#{example}\n",
    "a space before" => " #{example}", "a space behind" => "#{example} ", "a NUL" => "#{example}\0",
    "no trace" => zeros.call(example, 32), "no parent" => zeros.call(example, 16), "no hex" => example.tr("4", "g"),
    "other dashes" => example.tr("-", "_"), "two values" => "#{example},#{example}",
    "bytes that are no text" => "\xFF#{example}", "UTF-16" => example.encode("UTF-16LE"),
    "a version to come that is cut" => "01-4bf92f3577b34da6a3ce929d0e0e4736",
    "no end" => "cc#{example[2..]}-#{"x" * 9_000}"
  }.each do |what, value|
    it("takes no trace from #{what}") { expect(read("traceparent" => value)).to be_nil }
  end

  it "takes no trace from what are no headers" do
    expect([nil, {}, [], "traceparent", 1, { nil => parent, 1 => parent, "\xFF" => parent }].map { |it| read(it) })
      .to all(be_nil)
  end

  it "takes bytes that are tagged as no text, and keeps a trace whose state is none" do
    expect(read("traceparent" => parent.b, "tracestate" => "a=1".b).headers)
      .to eq("traceparent" => parent, "tracestate" => "a=1")
    ["", nil, "\xFF", "ä=1", "x" * 9_000].each do |state|
      expect(read("traceparent" => parent, "tracestate" => state).headers).to eq("traceparent" => parent)
    end
  end

  it "is added to the headers of a message without changing them, unless they have a trace of their own" do
    trace = read("traceparent" => parent, "tracestate" => "a=1")
    sent = ->(headers) { trace.produce("t", "x", headers) { |carried| carried } }
    own = { "k" => "v" }.freeze
    expect(sent.call(nil)).to eq(trace.headers)
    expect(sent.call(own)).to eq("k" => "v", **trace.headers)
    expect(sent.call({ symbol: "v" }.freeze)).to eq(symbol: "v", **trace.headers)
    [{ "traceparent" => "mine" }, { TraceParent: "mine" }, { "traceparent" => nil }].each do |headers|
      expect(sent.call(headers.freeze)).to equal(headers)
    end
    # Whoever checks messages says what is wrong with these.
    [5, "x", [1], false].each { |headers| expect(sent.call(headers)).to equal(headers) }
  end
end
