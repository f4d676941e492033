# frozen_string_literal: true

require "rbconfig"

# Where things are.
ROOT = File.expand_path("..", __dir__)
LIB = File.join(ROOT, "lib")
EXAMPLES = ENV.fetch("EXAMPLES") { "#{ENV.fetch("CARGO_TARGET_DIR", "#{ROOT}/target")}/release/examples" }

# Owns how one thing that is measured is started: a program of this folder, its arguments, on what it works. Pure.
#
# Symbols among the arguments stand for what is known when it runs: `:brokers`, `:topic`, `:partitions`, `:records`.
# `ceiling` are keys of cases of the same group that do the same in Rust alone: the fastest counts. `beside` is another
# one, whose share is shown and not judged. `theory` stands for a ceiling where the limit can be calculated: records a
# second. `grows_from` is the key of the case that processor time is
# compared with. `targets` is what must be reached, by measure (see summary.rb): a range. `needs` is a condition, and
# what to say when it does not hold. `pinned`: on one processor, where that can be had: what waits for a round trip each
# time is otherwise as fast as the kernel happens to place its threads.
Case = Struct.new(
  :group, :key, :name, :program, :arguments, :topic, :records, :ceiling, :beside, :theory, :grows_from, :targets,
  :needs, :pinned,
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
    [*ceiling, *beside, *grows_from].map { |other| "#{group}/#{other}" }
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
    [*(Case.pin if pinned), *(rust? ? nil : [RbConfig.ruby, "-I#{LIB}"]), path, *words].map(&:to_s)
  end

  # @param given [Array<String>] properties of a client, NAME=VALUE
  # @return [Array<String>] without those that the case has a value of its own for
  def others(given)
    own = arguments.grep(/=/).map { |word| word[/\A[^=]+/] }
    given.reject { |property| own.include?(property[/\A[^=]+/]) }
  end

  # @return [Array<String>, nil] what runs a command on the first processor that there is; nil: there is no such thing
  def self.pin
    first = File.read("/proc/self/status")[/^Cpus_allowed_list:\s*(\d+)/, 1] if File.file?("/proc/self/status")
    return unless first && ENV.fetch("PATH", "").split(":").any? { |folder| File.executable?("#{folder}/taskset") }

    ["taskset", "-c", first]
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
