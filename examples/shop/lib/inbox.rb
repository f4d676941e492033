# frozen_string_literal: true

require "singleton"

module Shop
  # Owns what customers have been told, and tells when everybody was. Called from every worker and from the thread that
  # waits, so everything is behind one lock. An answer that comes again replaces itself.
  class Inbox
    include Singleton

    def initialize
      @lock = Mutex.new
      @news = ConditionVariable.new
      @answers = {}
    end

    # @param topic [String] where the answer came from
    # @param answer [Hash]
    # @return [void]
    def put(topic, answer)
      @lock.synchronize do
        # An order that nobody could read has no number.
        @answers[answer["number"] || answer["line"]] = [topic, answer]
        @news.broadcast
      end
    end

    # @param order [String] number, or the line of one without
    # @return [Array(String, Hash), nil] topic and answer
    def [](order)
      @lock.synchronize { @answers[order] }
    end

    # Waits until these are answered.
    # @param orders [Array<String>]
    # @param timeout [Numeric] seconds
    # @return [Boolean] are they?
    def complete?(orders, timeout)
      deadline = now + timeout
      @lock.synchronize do
        @news.wait(@lock, [deadline - now, 0].max) until (done = known?(orders)) || now > deadline
        done
      end
    end

    private

    def known?(orders)
      orders.all? { |order| @answers.key?(order) }
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
