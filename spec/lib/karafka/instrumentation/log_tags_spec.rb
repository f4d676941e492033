# frozen_string_literal: true

require "spec_helper"
require_relative "../../fresh_app"

# With ActiveSupport's own loggers it is proven in spec/rails/log_tags_spec.rb.
RSpec.describe Karafka::Instrumentation::LogTags do
  include_context "with a fresh app"

  # Takes tags, and cannot be asked for them.
  let(:taking) do
    Class.new(Logger) do
      def tags = @tags ||= []
      def push_tags(*tags) = self.tags.concat(tags)
      def pop_tags(count) = tags.pop(count)
    end
  end

  # Keeps its tags where ActiveSupport does.
  let(:formatter) { Struct.new(:current_tags) { def call(*) = "" } }
  let(:job) { { group: "g", topic: "t", partition: 1, offset: 5, attempt: 2 } }

  def config
    Karafka::App.config
  end

  def logger(keeper = nil)
    taking.new(IO::NULL).tap do |made|
      next unless keeper

      made.formatter = keeper
      made.define_singleton_method(:tags) { keeper.current_tags }
    end
  end

  # @return [Object] the block's result
  def around(values = job, &block)
    described_class.take.around(values, &block)
  end

  it "are none for loggers that take none, or when none are wanted" do
    expect(described_class.take).to be_nil
    Karafka.reset_shared!
    config.logger = logger
    config.log.tags = []
    expect(described_class.take).to be_nil
  end

  it "are those that are wanted, in their order, while the block runs, and only those that are known" do
    config.logger = logger
    expect(around { config.logger.tags.dup }).to eq(["t/1", "offset 5"])
    config.log.tags = %i[attempt group topic partition]
    expect(around { config.logger.tags.dup }).to eq(["attempt 2", "g", "t", "t/1"])
    expect(around({ topic: "t" }) { config.logger.tags.dup }).to eq(["t"])
    expect { around { raise KeyError } }.to raise_error(KeyError)
    expect(config.logger.tags).to eq([])
  end

  it "take with them what the block has left behind, and leave what was there before" do
    config.logger = logger(formatter.new(["mine"]))
    around { config.logger.push_tags("left", "behind") }
    expect(config.logger.tags).to eq(["mine"])
    around { config.logger.tags.clear }
    expect(config.logger.tags).to eq([])
  end

  it "are given once to loggers that keep them together, and to each of several that are written to by one" do
    one = formatter.new([])
    other = formatter.new([])
    all = [logger(one), logger(one), Logger.new(nil), logger(other)]
    config.logger = Struct.new(:broadcasts, :info, :error).new(all)
    expect(around { [one, other].map { |it| it.current_tags.dup } }).to eq([["t/1", "offset 5"]] * 2)
    expect([one, other].flat_map(&:current_tags)).to eq([])
  end

  it "fail no job when a logger refuses them" do
    bad = logger
    bad.define_singleton_method(:push_tags) { |*| raise IOError }
    config.logger = bad
    expect(around { :done }).to eq :done
    bad = logger
    bad.define_singleton_method(:pop_tags) { |*| raise IOError }
    Karafka.reset_shared!
    config.logger = bad
    expect(around { :done }).to eq :done
  end
end
