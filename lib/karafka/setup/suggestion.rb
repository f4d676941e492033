# frozen_string_literal: true

# Owns the "did you mean" half-sentence of error texts. Pure function over strings.
module Karafka
  module Setup
    # @api private
    module Suggestion
      # @param name [String, Symbol] the unknown name
      # @param known [Array<String, Symbol>]
      # @return [String] for example "did you mean seed_brokers?", or the list of names when nothing is near
      def self.for(name, known)
        return "write #{name.name.inspect}" if Symbol === name && known.include?(name.name)

        nearest = nearest(name, known)
        nearest ? "did you mean #{nearest}?" : "known names: #{known.sort.join(", ")}"
      end

      # Ruby can run with `--disable-did_you_mean`; then there is only the list of names. All of ours are ASCII.
      # @return [String, Symbol, nil] the known name that was probably meant
      def self.nearest(name, known)
        return unless defined?(DidYouMean::SpellChecker) && name.to_s.ascii_only?

        DidYouMean::SpellChecker.new(dictionary: known).correct(name).first
      end
    end
  end
end
