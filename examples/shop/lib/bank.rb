# frozen_string_literal: true

require "singleton"

module Shop
  # Owns the accounts: somebody else's system, which knows each order by its number and is away now and then. Called
  # from every worker, so everything is behind one lock.
  class Bank
    include Singleton

    Away = Class.new(StandardError)
    # It is away for a moment each time it has charged so many orders.
    ORDERS_IN_A_ROW = 25

    def initialize
      @lock = Mutex.new
      @charged = {}
      @absences = 0
      @repetitions = 0
    end

    # Charges an order once, however often it is asked to.
    # @param number [String] of the order
    # @param cents [Integer]
    # @return [void]
    # @raise [Away] nothing was charged, try again later
    def charge(number, cents)
      @lock.synchronize do
        next @repetitions += 1 if @charged.key?(number)
        next @charged[number] = cents unless tired?

        @absences += 1
        raise Away, "the bank is away after #{@charged.size} orders"
      end
    end

    # @return [Hash{String => Integer}] cents by order
    def charged
      @lock.synchronize { @charged.dup }
    end

    # @return [Array(Integer, Integer)] how often it was away, and how often it was asked for what it had charged
    def troubles
      @lock.synchronize { [@absences, @repetitions] }
    end

    private

    # Once for each {ORDERS_IN_A_ROW}.
    def tired?
      @charged.size / ORDERS_IN_A_ROW > @absences
    end
  end
end
