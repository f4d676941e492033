# frozen_string_literal: true

require_relative "table"

# Owns drawing bars as SVG, readable on light and on dark. Pure.
class Chart
  WIDTH = 860
  LABEL = 290
  VALUE = 90
  ROW = 22
  HEAD = 34
  STYLE = <<~CSS
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .head { font-weight: 600 }
    .ceiling { fill: #8c959f } .ours { fill: #0969da } .peer { fill: #d4a72c }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .ceiling { fill: #6e7681 } .ours { fill: #4493f8 } .peer { fill: #bb8009 }
    }
  CSS
  private_constant :STYLE

  # @param title [String]
  # @param blocks [Hash{String => Array<Array(String, Symbol, Numeric)>}] by heading: name, kind (:ceiling, :ours or
  #   :peer), records a second
  def initialize(title, blocks)
    @title = title
    @blocks = blocks
    @most = blocks.values.flatten(1).map(&:last).max
  end

  # @return [String]
  def svg
    at = 0
    shapes = @blocks.flat_map do |heading, bars|
      at += HEAD
      [text(0, at - 10, heading, "head")] + bars.flat_map do |name, kind, number|
        at += ROW
        bar(at, name, kind, number)
      end
    end
    <<~SVG
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 #{WIDTH} #{at + 10}" role="img" aria-label="#{escape(@title)}">
      <title>#{escape(@title)}</title>
      <style>
      #{STYLE}</style>
      #{shapes.join("\n")}
      </svg>
    SVG
  end

  private

  def bar(at, name, kind, number)
    length = [(WIDTH - LABEL - VALUE) * number / @most.to_f, 1].max.round(1)
    [
      text(12, at - 6, name),
      %(<rect class="#{kind}" x="#{LABEL}" y="#{at - 19}" width="#{length}" height="16" rx="2"/>),
      text((LABEL + length + 6).round(1), at - 6, Table.show(:rate, number))
    ]
  end

  def text(left, base, words, kind = nil)
    %(<text#{%( class="#{kind}") if kind} x="#{left}" y="#{base}">#{escape(words)}</text>)
  end

  def escape(words)
    words.encode(xml: :text).gsub('"', "&quot;")
  end
end
