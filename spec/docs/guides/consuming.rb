# frozen_string_literal: true

# A broker with topics, settings, and the things that the guide's controllers call.
application("orders" => 1, "clicks" => 2, "payments" => 1, "slow" => 1, "visits" => 1)

STORED = Queue.new

module Ledger
  def self.store(*what)
    STORED << what
  end
end

# Stands for a service that asks to be left alone at first.
module Bank
  Busy = Class.new(StandardError)
  @calls = 0

  def self.book(payment)
    @calls += 1
    raise Busy if @calls == 1

    STORED << [:booked, payment["id"]]
  end
end
