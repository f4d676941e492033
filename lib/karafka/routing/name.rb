# frozen_string_literal: true

# Owns how routes keep a name and how texts show it. Pure. Must not judge names (see contract.rb): a wrong one is kept
# as it was given, so that the error can name it.
module Karafka
  module Routing
    # @api private
    module Name
      PRINTABLE = /\A(?=.*[[:graph:]])[[:print:]]{1,#{Setup::Rules::NAME_LIMIT}}\z/
      private_constant :PRINTABLE

      class << self
        # @param given [String, Symbol, Object]
        # @return [String, Object] a String, unless it was neither String nor Symbol
        def of(given)
          case given
          when Symbol then given.name
          when String then given.to_s
          else given
          end
        end

        # @param name [String, Object]
        # @return [String] for error texts, one line
        def show(name)
          printable?(name) ? name : Setup::Problems.show(:name, name)
        end

        private

        def printable?(name)
          String === name && (name.ascii_only? || name.encoding == Encoding::UTF_8) && name.valid_encoding? &&
            PRINTABLE.match?(name)
        end
      end
    end
  end
end
