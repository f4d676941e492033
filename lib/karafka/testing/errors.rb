# frozen_string_literal: true

# Owns the errors of the test kit. Loaded first.
module Karafka
  module Testing
    # The kit was used in a way that cannot work; the text says what to do.
    Error = Class.new(Errors::BaseError)
    # Not everything was consumed, and nothing more will happen by itself; the text says what is where, and why.
    Stuck = Class.new(Error)
  end
end
