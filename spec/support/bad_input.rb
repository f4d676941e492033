# frozen_string_literal: true

# Owns what the tables of wrong input share: the values nobody expects, and what every answer to them must be.
module BadInput
  # Cannot be asked for its class, compared with nil or shown.
  class Blank < BasicObject; end

  # Refuses to say what it is.
  class Refusing
    def to_s
      raise "to_s was called"
    end

    def inspect
      raise "inspect was called"
    end
  end

  # Says what it is in two lines.
  class TwoLines
    def inspect
      "the first\nthe second"
    end
  end

  RECURSIVE = [].tap { |list| list << list }

  # Wrong for every setting and argument that is not a free text; with what an error must show of each.
  ODD = {
    "NaN" => [Float::NAN, "NaN"],
    "Infinity" => [Float::INFINITY, "Infinity"],
    "a negative number" => [-7, "-7"],
    "2**64" => [2**64, "18446744073709551616"],
    "a Complex" => [Complex(1, 1), "(1+1i)"],
    "a frozen object" => [Object.new.freeze, "#<Object"],
    "an object that raises when it is shown" => [Refusing.new, "#<BadInput::Refusing>"],
    "an object with two lines" => [TwoLines.new, "the first the second"],
    "a BasicObject" => [Blank.new, "#<BadInput::Blank>"],
    "an Array of itself" => [RECURSIVE, "[[...]]"]
  }.freeze
  # Wrong Strings, beside those that are only empty.
  TEXTS = {
    "a NUL byte" => ["a\0b", '"a\u0000b"'],
    "bytes that are not UTF-8" => ["a\xFF", '"a\xFF"'],
    "UTF-16" => ["ab".encode(Encoding::UTF_16LE), '"ab"']
  }.freeze

  # For the title of an example.
  def self.label(value)
    value.inspect
  rescue StandardError
    "that cannot be shown"
  end

  # Wrong input is refused at once, with exactly this class, and one line that names the value and the cure.
  # @param error_class [Class]
  # @param parts [Array<String, Regexp>] what the line must have in it
  # @param cure [Regexp] what to do, as the last part of the line
  def refused(error_class, *parts, cure: /; \S.*\z/)
    error = raised { yield }
    expect(error&.class).to(eq(error_class), "#{error_class} was expected, not #{error.inspect[0, 500]}")
    expect(error.message).to(satisfy("be one line with a cure") { |text| text.lines.one? && text.match?(cure) })
    expect(error.message.size).to be < 1_000
    parts.each { |part| expect(error.message).to(part.is_a?(Regexp) ? match(part) : include(part)) }
    error
  end

  # Nothing is rescued here by its class: SystemExit and fatal errors would be wrong answers, too.
  def raised
    yield
    nil
  rescue Exception => e
    e
  end
end

RSpec.configure { |config| config.include BadInput }
