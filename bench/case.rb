# frozen_string_literal: true

require "rbconfig"

# Where things are.
ROOT = File.expand_path("..", __dir__)
LIB = File.join(ROOT, "lib")
EXAMPLES = ENV.fetch("EXAMPLES") { "#{ENV.fetch("CARGO_TARGET_DIR", "#{ROOT}/target")}/release/examples" }

# Owns how one thing that is measured is started: a program of this folder, its arguments, on what it works. Pure.
#
# Symbols among the arguments stand for what is known when it runs: `:brokers`, `:topic`, `:partitions`, `:records`.
# `ceiling` are keys of cases of the same group that do the same in Rust alone: the fastest counts. `theory` stands for
# it where the limit can be calculated: records a second. `grows_from` is the key of the case that processor time is
# compared with. `targets` is what must be reached, by measure (see summary.rb): a range. `needs` is a condition, and
# what to say when it does not hold.
Case = Struct.new(
  :group, :key, :name, :program, :arguments, :topic, :records, :ceiling, :theory, :grows_from, :targets, :needs,
  keyword_init: true
) do
  # @return [Boolean] is it asked for? By its group, its key, or both with a slash
  def among?(words)
    words.nil? || words.intersect?([group, key, "#{group}/#{key}"])
  end

  # @return [String, nil] why it cannot be measured
  def missing
    return "#{File.basename(path)} is not there" unless File.file?(path)

    needs[1] if needs && !needs[0].call
  end

  # @return [Array<String>] titles of those that it is compared with
  def compared
    [*ceiling, *grows_from].map { |other| "#{group}/#{other}" }
  end

  # @return [Boolean]
  def rust?
    program.start_with?("ceiling")
  end

  # @return [String]
  def title
    "#{group}/#{key}"
  end

  # @param values [Hash{Symbol => Object}] what stands for names among the arguments
  # @return [Array<String>]
  def command(values)
    words = arguments.map { |word| word.is_a?(Symbol) ? values.fetch(word) : word }
    [*(rust? ? nil : [RbConfig.ruby, "-I#{LIB}"]), path, *words].map(&:to_s)
  end

  # @return [Integer] records that it is about
  def count
    records || topic.records
  end

  private

  def path
    rust? ? File.join(EXAMPLES, program) : File.join(__dir__, "#{program}.rb")
  end
end
