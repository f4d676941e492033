# frozen_string_literal: true

require "json"

# Owns writing JSON at random: most of it plain, some of it odd or broken.
class Scribe
  ODD = ["NaN", "Infinity", "-Infinity", "-0", "-0.0", "01", "+1", "1.", ".5", "1e400", "-1e400", "1e-400", "nul",
         "18446744073709551615", "18446744073709551616", "-9223372036854775809", "1#{"0" * 40}", "/* c */ 1",
         "// c\n1",
         '"\\ud800"', '"\\ud83d\\ude00"', '"\\udc00x"', '"\\q"', '"\\u12"', "\"\t\"", "\"\u0001\"", "\"\xFF\"", "'a'",
         "[1,]", "{,}", '{"a"}', "{1:2}", "", " ", "\u00A01", "\xEF\xBB\xBF1", "[" * 101, "{\"a\":" * 101, "1 2",
         "0.1234567890123456789012345", "123456789012345678.9e-5", "2.2250738585072011e-308", "4.9e-324", "1E+2",
         "\"\u2028\u2029\x7F\""].freeze

  def initialize(random)
    @random = random
  end

  def payload
    return broken if @random.rand(4).zero?

    spaced(value(0))
  end

  private

  def broken
    text = @random.rand(2).zero? ? ODD.sample(random: @random).dup : value(0)
    case @random.rand(4)
    when 0 then text.byteslice(0, @random.rand(text.bytesize + 1)).to_s
    when 1 then "[#{text}, #{value(2)}]"
    when 2 then "{\"a\": #{text}, \"a\": #{ODD.sample(random: @random)}}"
    else text
    end
  end

  def spaced(text)
    "#{[" ", "\n", "", "\t"].sample(random: @random)}#{text}#{["", " \r\n"].sample(random: @random)}"
  end

  def value(depth)
    case @random.rand(depth > 2 ? 6 : 8)
    when 0 then %w[null true false].sample(random: @random)
    when 1, 2 then number
    when 3, 4, 5 then string
    when 6 then "[#{Array.new(members(depth)) { value(depth + 1) }.join(",")}]"
    else "{#{Array.new(members(depth)) { "#{string}:#{value(depth + 1)}" }.join(", ")}}"
    end
  end

  # The outermost has more than are put into it at once.
  def members(depth)
    @random.rand(depth.zero? ? 40 : 4)
  end

  def number
    case @random.rand(5)
    when 0 then @random.rand(-1000..1000).to_s
    when 1 then (@random.rand(2**63) * [1, -1].sample(random: @random)).to_s
    when 2 then [@random.bytes(8).unpack1("D")].reject { |it| it.nan? || it.infinite? }.first.to_f.to_s
    when 3 then "#{@random.rand(10**9)}.#{@random.rand(10**9)}"
    else "#{@random.rand(100)}e#{@random.rand(-20..20)}"
    end
  end

  def string
    return %w[id name at total état].sample(random: @random) if @random.rand(3).zero?

    [@random.bytes(@random.rand(12)).force_encoding("UTF-8").scrub("☃"), "😀\u0000\u001F\"\\/"].sample(random: @random)
      .to_json
  end
end
