# frozen_string_literal: true

# Owns what the lines of journals mean to the checker. Pure.
module Faults
  # One line of a journal: when, what, and the details of that kind.
  #
  # Consumers: assigned p; revoked p lost; enter lease p first last attempt; begin lease p offset id key key-in-payload;
  # done lease p offset; mark lease p offset now result; seek lease p offset; pause lease p seconds; leave lease p
  # outcome; forced n; error code message fatal. Producers: sent id key partition; acked id partition offset; failed id
  # class message. A lease is one assignment of a partition, known by the controller instance that serves it.
  Event = Struct.new(:at, :kind, :details) do
    def initialize(at, kind, *details)
      super(at, kind, details)
    end
  end
end
