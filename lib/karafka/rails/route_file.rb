# frozen_string_literal: true

# Owns the routes in the text of karafka.rb: adds one, takes one away, and changes nothing that it does not understand.
# Pure. Reads and writes no file.
module Karafka
  module Rails
    # The text of a karafka.rb.
    # @api private
    class RouteFile
      # Where routes begin, at the end of a line.
      DRAW = /^([ \t]*)[^#\n]*\b(?:consumer_groups|routes)\s*\.\s*draw(?:\s*do|\s*\{)[ \t]*(?:#[^\n]*)?\n/

      # @param text [String]
      def initialize(text)
        @text = text
      end

      # @param class_name [String]
      # @return [Boolean] is there a route to that class?
      def route?(class_name)
        @text.match?(/^[^#\n]*\b(controller|consumer)\b[\s(]*["']?(::)?#{Regexp.escape(class_name)}\b(?!::)/)
      end

      # @param route [String] lines
      # @return [String, nil] the text with the route; nil when it does not say where
      def with(route)
        match = DRAW.match(@text)
        return unless match

        checked("#{match.pre_match}#{match}#{indented(route, "#{match[1]}  ")}#{match.post_match}")
      end

      # @param route [String] lines
      # @return [String, nil] the text without the route; nil when it is not there like that
      def without(route)
        lines = route.lines(chomp: true).map { |line| "[ \\t]*#{Regexp.escape(line.strip)}[ \\t]*\\n" }
        pattern = /^#{lines.join}/
        checked(@text.sub(pattern, "")) if @text.match?(pattern)
      end

      private

      def indented(route, indent)
        route.lines.map { |line| "#{indent}#{line}" }.join
      end

      # A file that Ruby cannot read any more is not better than a line that the user adds.
      def checked(text)
        RubyVM::InstructionSequence.compile(text) && text
      rescue SyntaxError
        nil
      end
    end
  end
end
